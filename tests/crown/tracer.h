// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/support/container.h"
#include "tests/support/host.h"
#include "tests/support/process.h"

namespace ocinet::test {

/// Whose system calls are counted.
enum class Traced {
    /// The hook's, beginning when it has read its state from stdin: what comes before touches
    /// nothing.
    hook,
    /// Those of the policy's loader that the hook starts, beginning with its exec.
    loader,
};

/// What is done to a program at one of its system calls. They are counted from 0. brk() is not
/// counted: how often memory is fetched differs from run to run.
struct Interference {
    enum class Kind {
        /// It only counts.
        none,
        /// SIGKILL before the system call does anything.
        kill,
        /// The system call does nothing and gives an error.
        fail,
    };

    Kind kind = Kind::none;
    std::size_t at = 0;
    /// The system call that is to fail, and with which error; another one is left alone.
    long call = 0;
    int error = 0;
};

struct Trace {
    /// The hook's.
    Result result;
    /// The numbers of the system calls made, the last one being the one it was killed at.
    std::vector<long> calls;
};

/// Runs the shipped hook for the container under ptrace and waits for the end of every process that
/// it left behind: what these still do is done before the next look at the host.
Trace trace_hook(const Host& host, const Container& box, const std::string& stage,
                 const Interference& interference, Traced traced = Traced::hook);

/// With what the system call can fail, one way or another; nothing where it does not.
std::vector<int> errors_of(long number);

/// `openat`; the number where this program does not know it.
std::string call_name(long number);

/// Why the tracer cannot work here; empty when it can.
std::string missing_for_tracer();

} // namespace ocinet::test
