// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <chrono>

namespace ocinet {

/// When a call must have come to its end, by a clock that nobody sets (CLOCK_MONOTONIC).
class Deadline {
public:
    using Milliseconds = std::chrono::milliseconds;

    static Deadline in(Milliseconds time) { return Deadline(Clock::now() + time); }
    static Deadline never() { return Deadline(Clock::time_point::max()); }

    bool has_passed() const { return Clock::now() >= end_; }

    /// How long something may be waited for: what is left, but at least `least`, for the way back,
    /// and `most` at most.
    Milliseconds patience(Milliseconds least, Milliseconds most) const {
        if (end_ == Clock::time_point::max()) {
            return most;
        }
        const auto left = std::chrono::duration_cast<Milliseconds>(end_ - Clock::now());
        return std::clamp(left, least, most);
    }

private:
    using Clock = std::chrono::steady_clock;
    explicit Deadline(Clock::time_point end) : end_(end) {}

    Clock::time_point end_;
};

} // namespace ocinet
