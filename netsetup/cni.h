// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "netsetup/plugins.h"

/// Calls of plugins as the CNI specification 1.1 has them (section 3).
namespace ocinet::cni {

struct Call {
    std::string program;
    /// ADD, DEL, CHECK, GC or STATUS.
    std::string command;
    /// Of the first three.
    std::string container = {};
    std::string netns = {};
    std::string interface = {};
    /// JSON, on its stdin.
    std::string config;
};

/// With CNI_PATH, where it finds others, such as those that give addresses.
std::map<std::string, std::string> environment(const Call& call);

/// Returns what the plugin said; throws Error with its own words when it failed.
std::string run(Plugins& plugins, const Call& call, std::chrono::milliseconds patience);

} // namespace ocinet::cni
