// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace ocinet::plugin {

/// A program that others wrote, to be run once.
struct Order {
    std::string program;
    std::vector<std::string> arguments;
    /// Beside PATH, all that it has.
    std::map<std::string, std::string> environment;
    std::string input;
    std::chrono::milliseconds patience{0};
};

struct Ended {
    /// 128 + the signal's number for one that a signal ended.
    int status = 0;
    std::string out;
    std::string err;
};

/// Runs it in a process group of its own, and waits for its end; what it has started may go on, if
/// it went well. Throws Error, when all of the group has been killed: it took too long, said too
/// much, or whoever gave the order, at the other end of our stdin, is gone.
Ended run(const Order& order);

} // namespace ocinet::plugin
