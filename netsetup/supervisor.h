// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "netsetup/base/deadline.h"

/// Who keeps a program running for a container's life, restarts it when it dies, and ends it: none
/// of them is the hook's child, which would live in its caller's control group and keep `crun run`
/// waiting. systemd does it as a transient unit (systemd-run(1)); where it does not run
/// (sd_booted(3)), ocinet-agent, by its socket /run/ocinet/agent.sock.
namespace ocinet::supervisor {

/// The status of a program that is not to be started again. Not 0: with that udhcpc ends when
/// anybody sends it SIGTERM.
inline constexpr int not_needed = 3;

struct Helper {
    /// Letters, digits, '_', '.', '-': of systemd's unit it becomes `ocinet-NAME.service`.
    std::string name;
    /// For people.
    std::string description;
    /// The program's path and its arguments. It begins with all privileges, and gives up what it
    /// does not need. Whatever ends it but stop(), it is started again, unless it says
    /// `not_needed`.
    std::vector<std::string> command;
};

/// Returns once the program runs. Throws Error, also when there is nobody to do it, when one of
/// this name runs already, and when it did not start by the deadline: then it may start yet.
void start(const Helper& helper, const Deadline& deadline);

/// Ends it (SIGTERM, and SIGKILL after five seconds) and waits for that. One that does not run is
/// success; one whose agent does not run any more is only forgotten, and to be ended by who asks.
void stop(const std::string& name);

} // namespace ocinet::supervisor
