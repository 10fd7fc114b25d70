// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/process.h"

namespace ocinet::test {

/// Namespaces held open by a process that does nothing else, and ways to do things inside them. A
/// Host and a Container are each one. Nothing is ever run in the network namespace of the test
/// itself, which may be the machine's own: every entry proves that it has left it.
///
/// The holder ends when the test program does, whichever way that happens.
class Place {
public:
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    /// The process that holds the namespaces open.
    pid_t pid() const { return holder_.pid(); }
    /// The inode of the network namespace.
    ino_t netns() const { return netns_; }

    /// Runs `sh -c command` inside, in "/", with PATH and HOME as its only environment.
    Result run(const std::string& command, const std::string& stdin_text = "") const;
    /// As run(), for what must succeed: gives its stdout, throws Error with all its output.
    std::string sh(const std::string& command, const std::string& stdin_text = "") const;
    /// Starts `sh -c command` inside and goes on. Begin it with `exec` for pid() to be the
    /// program's.
    Process start(const std::string& command) const;
    /// Starts a function inside and goes on; let it write a word to stdout when it is ready.
    Process start(const std::function<void()>& function) const;
    /// Runs a function in a child inside and throws Error with its exception's text. The child's
    /// memory is a copy; Catch2's assertions do not work in it: throw, or use ask().
    void in(const std::function<void()>& function) const;
    /// As in(), and brings the text that the function gives.
    std::string ask(const std::function<std::string()>& function) const;

    /// As ask(), in a thread of the test, which keeps the memory that a child would have to get
    /// anew each time: for what is asked by the ten thousand. The function must leave the process
    /// as it is, and must not believe what /proc/self says.
    std::string visit(const std::function<std::string()>& function) const;

    /// Moves the calling process inside, or thread: only for one that ends with it.
    void enter() const;

    /// All network state as JSON that compares equal for equal states: see snapshot.h.
    nlohmann::json snapshot() const;

    /// Ends the holder with SIGKILL and waits for it.
    void kill();

protected:
    /// `set_up` runs in the holder and makes the namespaces, a network namespace among them.
    explicit Place(const std::function<void()>& set_up);
    ~Place() = default;

private:
    Process holder_;
    ino_t netns_ = 0;
};

/// A process that does nothing but hold namespaces open: `set_up` brings it into them, and has done
/// so when this returns. It ends when the test program does.
Process hold(const std::function<void()>& set_up);

/// The inode of a process's network namespace; "self" for the caller's.
ino_t netns_of(const std::string& process);

/// Brings the interface up, in the calling process's network namespace.
void raise_link(const std::string& name);

} // namespace ocinet::test
