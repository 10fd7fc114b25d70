// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "netsetup/attendant.h"
#include "netsetup/base/deadline.h"
#include "netsetup/base/fd.h"

namespace ocinet {

/// ocinet-plugin, which runs programs that others wrote, for one container, when it is told: they
/// need more than we keep. It runs these and no others, and none outlives us. Plugins that are
/// servers (docker_plugin.h) it asks; their answer is waited for also when we are gone: who comes
/// after us must find them done.
class Plugins {
public:
    struct Call {
        /// One of those that were named at the start; of a server docker_plugin::word_of().
        std::string program;
        /// Of a server the method alone.
        std::vector<std::string> arguments = {};
        /// Beside PATH, which is the system's, all that it has.
        std::map<std::string, std::string> environment = {};
        /// On its stdin.
        std::string input;
        /// A server's answer, where it is no error, is kept for the way back: state/results.h.
        bool kept = false;
    };

    struct Answer {
        /// 128 + the signal's number for one that a signal ended.
        int status = 0;
        std::string out;
        std::string err;
    };

    /// `netns`: the container's; empty where it has none any more. Throws Error when the program
    /// cannot be started.
    static Plugins start(const std::string& container_id, const std::vector<std::string>& programs,
                         const Fd& netns);

    /// Waits for its end; throws Error when it has not ended within that time, when it says too
    /// much, and when it cannot be run.
    Answer run(const Call& call, std::chrono::milliseconds patience);

    /// A path of the container's network namespace that is this one's as long as we live, whatever
    /// becomes of its processes; empty where it has none.
    const std::string& netns_path() const { return netns_path_; }

private:
    Plugins(Attendant program, std::string netns_path)
        : program_(std::move(program)), netns_path_(std::move(netns_path)) {}

    Attendant program_;
    std::string netns_path_;
    /// Of the last order.
    unsigned number_ = 0;
};

/// Throws Error where it could not be started.
Plugins& required(std::optional<Plugins>& plugins);

/// `plugin ptp`, for messages.
std::string plugin_text(const std::string& program);
/// `status 3: what it said`, for those that failed without the words that their protocol has.
std::string failure_text(const Plugins::Answer& answer);
/// How long one may take: until the deadline, and for the way back a moment at least.
std::chrono::milliseconds plugin_patience(const Deadline& deadline);

} // namespace ocinet
