// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <csignal>
#include <map>
#include <string>
#include <vector>

#include "netsetup/base/deadline.h"

namespace ocinet::plugin {

/// By us, not by what we run. What ends our caller, as Ctrl-C does, ends us by its going, after
/// what we have begun.
inline constexpr std::array ignored_signals{SIGHUP, SIGINT, SIGPIPE, SIGTERM};

/// A program that others wrote, to be run once.
struct Order {
    std::string program;
    std::vector<std::string> arguments;
    /// Beside PATH, all that it has.
    std::map<std::string, std::string> environment;
    std::string input;
    /// It only speaks to one that goes on without it: it gets none of our capabilities, and its
    /// answer is waited for also when whoever gave the order is gone.
    bool remote = false;
    Deadline deadline = Deadline::never();
};

struct Ended {
    /// 128 + the signal's number for one that a signal ended.
    int status = 0;
    std::string out;
    std::string err;
};

/// Runs it in a process group of its own, and waits for its end; what it has started may go on, if
/// it went well, and has ended otherwise. Throws Error when all of the group has been killed: it
/// took too long, said too much, or whoever gave the order, at the other end of our stdin, is gone.
Ended run(const Order& order);

} // namespace ocinet::plugin
