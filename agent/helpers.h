// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "netsetup/base/fd.h"
#include "netsetup/process.h"
#include "netsetup/state/directory.h"

namespace ocinet::agent {

/// The programs that the agent keeps running. What must be running stands in memory(), so that the
/// next agent adopts what this one leaves: they live on when it ends.
class Helpers {
public:
    /// Adopts what an earlier agent left; starts what has ended since. `epoll`: where their pidfds
    /// are watched; it must outlive this.
    explicit Helpers(int epoll);

    /// Throws Error; one of this name that is known already is one.
    void start(const std::string& name, std::vector<std::string> command);
    /// `then` is called once it has ended, at once when it is not known.
    void stop(const std::string& name, std::function<void()> then);

    /// True when `pidfd` is one of theirs, which then has become readable.
    bool has_ended(int pidfd);
    /// Does what is due: restarts, and kills what does not end. Returns how long until something
    /// else is, in milliseconds; -1: nothing is.
    int tend();

private:
    using Clock = std::chrono::steady_clock;

    struct Helper {
        std::string name;
        std::vector<std::string> command;
        /// pid 0: it is not running.
        ProcessIdentity process = {};
        Fd pidfd = {};
        Clock::time_point started = {};
        /// When it is started, or, of one that is to end, killed; max(): never.
        Clock::time_point due = Clock::time_point::max();
        /// In a row, each soon after its start.
        int failures = 0;
        std::vector<std::function<void()>> when_ended = {};
    };

    void adopt(const std::string& file);
    void watch(Helper& helper, Fd pidfd) const;
    void run(Helper& helper);
    void save(const Helper& helper) const;
    void retire(Helper& helper);
    void forget(const Helper& helper);
    void act(Helper& helper);

    state::Directory memory_;
    int epoll_;
    std::list<Helper> helpers_;
};

} // namespace ocinet::agent
