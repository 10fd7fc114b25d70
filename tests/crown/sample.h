// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "netsetup/base/text.h"

/// How much of an exhaustive test is run: OCINET_TESTS is quick, default or long; what is chosen
/// follows from OCINET_SEED.
namespace ocinet::test {

enum class Scale { quick, normal, everything };

inline Scale scale() {
    const char* text = std::getenv("OCINET_TESTS");
    const std::string word = text != nullptr ? text : "default";
    return word == "quick" ? Scale::quick : word == "long" ? Scale::everything : Scale::normal;
}

/// Drawn once where the environment does not give it; tests print it.
inline std::uint64_t seed() {
    static const std::uint64_t value = [] {
        const char* text = std::getenv("OCINET_SEED");
        const auto given = parse_number(text != nullptr ? text : "", 0, UINT64_MAX);
        return given ? *given : std::random_device()();
    }();
    return value;
}

/// Ascending numbers from [first, end): `quick` or `normal` of them, spread over the whole and
/// drawn one from each stretch, or all.
inline std::vector<std::size_t> sample(std::size_t first, std::size_t end, std::size_t quick,
                                       std::size_t normal) {
    const std::size_t all = end > first ? end - first : 0;
    const std::size_t wanted = scale() == Scale::quick ? quick : normal;
    std::vector<std::size_t> chosen;
    if (scale() == Scale::everything || wanted >= all) {
        chosen.resize(all);
        std::iota(chosen.begin(), chosen.end(), first);
        return chosen;
    }
    std::mt19937_64 random(seed());
    for (std::size_t i = 0; i < wanted; ++i) {
        const std::size_t begin = first + all * i / wanted;
        const std::size_t length = first + all * (i + 1) / wanted - begin;
        chosen.push_back(begin + random() % length);
    }
    return chosen;
}

} // namespace ocinet::test
