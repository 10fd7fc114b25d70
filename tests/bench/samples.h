// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace ocinet::bench {

/// Durations in milliseconds.
class Samples {
public:
    void add(double value) { values_.insert(std::ranges::upper_bound(values_, value), value); }
    bool empty() const { return values_.empty(); }

    double median() const {
        const std::size_t middle = values_.size() / 2;
        return values_.size() % 2 == 1 ? values_[middle]
                                       : (values_[middle - 1] + values_[middle]) / 2;
    }
    /// Nearest rank.
    double p90() const {
        const double rank = std::ceil(0.9 * double(values_.size()));
        return values_[std::size_t(rank) - 1];
    }

    std::size_t count() const { return values_.size(); }
    std::size_t count_over(double limit) const {
        return std::size_t(values_.end() - std::ranges::upper_bound(values_, limit));
    }

private:
    std::vector<double> values_;
};

} // namespace ocinet::bench
