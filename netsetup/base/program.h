// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

namespace ocinet::cli {

struct Ended {
    int status = 0;
    /// On stdout and stderr.
    std::string said;
};

/// Runs a program of the system's, found in /usr/sbin, /usr/bin, /sbin, /bin alone, with nothing
/// but this PATH in its environment and nothing to read. Throws Error when it is not there; one
/// that a signal ends has the status 128 + signal.
Ended run_program(const std::vector<std::string>& words);

} // namespace ocinet::cli
