// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "tests/kernel/scene.h"

namespace ocinet::test {

/// A traced process that stands still at a system call: before it, or after.
struct Stop {
    pid_t pid = 0;
    bool before = false;
    std::uint64_t number = 0;
    std::array<std::uint64_t, 6> arguments{};
};

/// The path that a call of openat or execve names, read from the stopped process; empty for others.
std::string path_of(const Stop& stop);

/// Runs the shipped hook under ptrace(2), with all the processes it starts, and calls `look` at
/// each stop. The stopped process may be looked at from outside meanwhile, and so may the host.
Result trace_hook(const Host& host, const std::string& state, const Call& call,
                  const std::function<void(const Stop&)>& look);

} // namespace ocinet::test
