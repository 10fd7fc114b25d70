// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace ocinet::overlay {

/// Waits, in one thread, for descriptors, times, and libcurl's transfers (libcurl-multi(3)).
class Loop {
public:
    using Action = std::function<void()>;
    using Finished = std::function<void(CURLcode)>;

    Loop();

    /// Until forget().
    void when_readable(int fd, Action action);
    void forget(int fd);
    /// Begins a transfer, whose CURLOPT_PRIVATE is a pointer to Finished, called once it has ended;
    /// remove() ends it without a call.
    void add(CURL* transfer);
    void remove(CURL* transfer);

    /// Until stop(). What the actions throw ends it.
    void run();
    void stop() { stopped_ = true; }

private:
    friend class Timer;
    using Clock = std::chrono::steady_clock;

    struct Watched {
        int fd;
        Action action;
    };

    void hear_transfers();
    void wait();
    void act_on_time();

    std::unique_ptr<CURLM, CURLMcode (*)(CURLM*)> multi_;
    std::vector<Watched> watched_;
    std::vector<class Timer*> timers_;
    bool stopped_ = false;
};

/// Acts once at a time, by a clock that nobody sets. It is not ended by what timers do.
class Timer {
public:
    Timer(Loop& loop, Loop::Action action);
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    ~Timer();

    /// Instead of the time that was set before.
    void start(std::chrono::milliseconds in) { due_ = Loop::Clock::now() + in; }
    void stop() { due_ = Loop::Clock::time_point::max(); }
    bool is_running() const { return due_ != Loop::Clock::time_point::max(); }

private:
    friend class Loop;

    Loop& loop_;
    Loop::Action action_;
    Loop::Clock::time_point due_ = Loop::Clock::time_point::max();
};

} // namespace ocinet::overlay
