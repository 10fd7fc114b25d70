// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace ocinet::test {

/// With OCINET_TESTS=quick about one case in `one_in`, chosen anew by each run's OCINET_SEED (or
/// Catch2's --rng-seed), which Catch2 prints; all of them otherwise.
template <typename Case>
std::vector<Case> sampled(std::vector<Case> cases, std::size_t one_in) {
    const char* size = std::getenv("OCINET_TESTS");
    if (!size || std::string(size) != "quick") {
        return cases;
    }
    const char* seed = std::getenv("OCINET_SEED");
    std::mt19937 random(seed ? unsigned(std::strtoul(seed, nullptr, 10))
                             : unsigned(Catch::rngSeed()));
    std::shuffle(cases.begin(), cases.end(), random);
    cases.resize((cases.size() + one_in - 1) / one_in);
    return cases;
}

} // namespace ocinet::test
