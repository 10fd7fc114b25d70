// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/loop.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "netsetup/base/error.h"

namespace ocinet::overlay {

namespace {

void require(CURLMcode code) {
    if (code != CURLM_OK) {
        throw Error(std::string("libcurl: ") + curl_multi_strerror(code));
    }
}

} // namespace

Loop::Loop() : multi_(curl_multi_init(), curl_multi_cleanup) {
    if (!multi_) {
        throw Error("libcurl cannot be used");
    }
}

void Loop::when_readable(int fd, Action action) {
    watched_.push_back({fd, std::move(action)});
}

void Loop::forget(int fd) {
    std::erase_if(watched_, [&](const Watched& one) { return one.fd == fd; });
}

void Loop::add(CURL* transfer) {
    require(curl_multi_add_handle(multi_.get(), transfer));
}

void Loop::remove(CURL* transfer) {
    curl_multi_remove_handle(multi_.get(), transfer);
}

void Loop::run() {
    while (!stopped_) {
        hear_transfers();
        act_on_time();
        if (!stopped_) {
            wait();
        }
    }
}

void Loop::hear_transfers() {
    int running = 0;
    require(curl_multi_perform(multi_.get(), &running));
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        const CURLcode code = message->data.result;
        CURL* const transfer = message->easy_handle; // the message goes with the next call
        Finished* finished = nullptr;
        curl_easy_getinfo(transfer, CURLINFO_PRIVATE, &finished);
        remove(transfer);
        const Finished act = *finished; // its owner may go with the call
        act(code);
    }
}

void Loop::act_on_time() {
    const auto now = Clock::now();
    std::vector<Timer*> due;
    std::copy_if(timers_.begin(), timers_.end(), std::back_inserter(due),
                 [&](const Timer* timer) { return timer->due_ <= now; });
    for (auto* timer : due) {
        timer->stop();
        timer->action_();
    }
}

void Loop::wait() {
    std::vector<curl_waitfd> fds;
    for (const auto& one : watched_) {
        fds.push_back({.fd = one.fd, .events = CURL_WAIT_POLLIN, .revents = 0});
    }
    auto due = Clock::now() + std::chrono::minutes(1);
    for (const auto* timer : timers_) {
        due = std::min(due, timer->due_);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now()).count();
    require(curl_multi_poll(multi_.get(), fds.data(), unsigned(fds.size()),
                            int(std::max<decltype(left)>(left, 0)), nullptr));
    std::vector<Watched> readable; // what they do may change what is watched
    for (std::size_t i = 0; i < fds.size(); ++i) {
        if (fds[i].revents != 0) {
            readable.push_back(watched_[i]);
        }
    }
    for (const auto& one : readable) {
        one.action();
    }
}

Timer::Timer(Loop& loop, Loop::Action action) : loop_(loop), action_(std::move(action)) {
    loop_.timers_.push_back(this);
}

Timer::~Timer() {
    std::erase(loop_.timers_, this);
}

} // namespace ocinet::overlay
