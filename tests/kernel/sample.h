// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace ocinet::test {

/// With OCINET_TESTS=quick about one case in `one_in`, by default one in `one_in_by_default`,
/// chosen anew by each run's OCINET_SEED (or Catch2's --rng-seed), which Catch2 prints; all of them
/// with OCINET_TESTS=long.
template <typename Case>
std::vector<Case> sampled(std::vector<Case> cases, std::size_t one_in,
                          std::size_t one_in_by_default = 1) {
    const char* size = std::getenv("OCINET_TESTS");
    const std::string scale = size ? size : "default";
    std::size_t divisor = one_in_by_default;
    if (scale == "quick") {
        divisor = one_in;
    } else if (scale == "long") {
        divisor = 1;
    }
    if (divisor == 1) {
        return cases;
    }
    const char* seed = std::getenv("OCINET_SEED");
    std::mt19937 random(seed ? unsigned(std::strtoul(seed, nullptr, 10))
                             : unsigned(Catch::rngSeed()));
    std::shuffle(cases.begin(), cases.end(), random);
    cases.resize((cases.size() + divisor - 1) / divisor);
    return cases;
}

} // namespace ocinet::test
