// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>

#include "netsetup/base/fd.h"

namespace ocinet::test {

using namespace std::chrono_literals;
using Milliseconds = std::chrono::milliseconds;

/// How a program ended: its exit status, or 128 + signal as a shell says it.
struct Result {
    int status = 0;
    std::string out;
    std::string err;
};

/// A child of the test. Its output goes to memory and not through pipes: what it leaves behind (a
/// container's init keeps the runtime's stdout) cannot block the test, nor can output nobody reads.
/// The child leads a session of its own, dies with the thread that started it, and the destructor
/// ends it with its process group, which nobody else can own while the leader is not reaped.
class Process {
public:
    /// Runs `body` in the child; it may exec. An exception's text goes to its stderr, status 125.
    explicit Process(const std::function<void()>& body, const std::string& stdin_text = "");
    Process(Process&& other) noexcept;
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    Process& operator=(Process&&) = delete;
    ~Process();

    pid_t pid() const { return pid_; }
    int pidfd() const { return pidfd_.get(); }
    bool running() const;
    void signal(int number) const;
    /// Ends it with SIGKILL; it stays a zombie until wait() or the destructor.
    void make_zombie() const;
    /// Waits for the end; after `limit` ends it and throws Error.
    Result wait(Milliseconds limit = 120s);
    /// Waits until the child has written `text` to stdout; throws Error if it ends or takes longer.
    void wait_for_output(const std::string& text, Milliseconds limit = 20s) const;

    std::string out() const;
    std::string err() const;

private:
    bool ended_within(Milliseconds limit) const;
    int reap();

    Fd out_;
    Fd err_;
    pid_t pid_;
    Fd pidfd_;
};

/// Replaces the child by `sh -c command` with the environment that a service manager would give:
/// PATH and HOME alone. Never returns.
[[noreturn]] void exec_shell(const std::string& command);

/// Asks `condition` again and again until it holds. Only for what an outside program does without
/// giving a signal that one could wait for. False after `limit`.
bool eventually(const std::function<bool()>& condition, Milliseconds limit = 20s);

} // namespace ocinet::test
