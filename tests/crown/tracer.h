// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/support/container.h"
#include "tests/support/host.h"
#include "tests/support/process.h"

namespace ocinet::test {

/// What is done to the hook at one of its system calls. They are counted from 0, beginning when it
/// has read its state from stdin: what comes before touches nothing. brk() is not counted: how
/// often memory is fetched differs from run to run.
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
    /// The error for a system call of this number; 0: it is left alone.
    int (*error_of)(long number) = nullptr;
};

struct Traced {
    Result result;
    /// The numbers of the system calls made, the last one being the one it was killed at.
    std::vector<long> calls;
};

/// Runs the shipped hook for the container under ptrace and waits for the end of every process that
/// it left behind: what these still do is done before the next look at the host.
Traced trace_hook(const Host& host, const Container& box, const std::string& stage,
                  const Interference& interference);

/// `openat`; the number where this program does not know it.
std::string call_name(long number);

/// Why the tracer cannot work here; empty when it can.
std::string missing_for_tracer();

} // namespace ocinet::test
