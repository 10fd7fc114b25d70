// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "netsetup/base/fd.h"

namespace ocinet::bench {

/// Milliseconds of CLOCK_MONOTONIC.
double now_ms();

/// What one call of a contender is.
struct Command {
    std::vector<std::string> argv;
    std::string input;

    std::string text() const;
};

/// How it went.
struct Outcome {
    double ms = 0;
    int status = 0;     ///< as waitpid tells it
    std::string errors; ///< stderr; of a failure without any, stdout

    bool ok() const { return status == 0; }
    /// `exit status 1: <errors>`
    std::string text() const;
};

/// One process; whatever it needs is prepared in the constructor, so that from start() to wait()
/// passes nothing but posix_spawn, the process's life and waitpid.
class Process {
public:
    explicit Process(Command command);
    void start();
    Outcome wait();

private:
    Command command_;
    std::vector<char*> argv_;
    Fd input_;
    Fd output_;
    Fd errors_;
    double started_ = 0;
    pid_t pid_ = -1;
};

/// start() and wait().
Outcome run(Command command);

/// run() of what must not fail: throws Error with the command and its stderr.
double run_or_throw(const Command& command, const std::string& who);

} // namespace ocinet::bench
