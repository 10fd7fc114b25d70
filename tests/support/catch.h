// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/// Catch2 for every test: 2.13 (Debian 12) has one header, 3.x (Debian 13) has another and no
/// catch.hpp. What both spell alike is used directly; what differs has its name here.

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <iostream>
#include <string>

namespace ocinet::test {

/// For REQUIRE_THAT and REQUIRE_THROWS_WITH: a text that holds `part`.
inline auto contains(const std::string& part) {
#if __has_include(<catch2/catch_all.hpp>)
    return Catch::Matchers::ContainsSubstring(part);
#else
    return Catch::Matchers::Contains(part);
#endif
}

inline void note_skip(const std::string& reason) {
    std::cerr << "SKIP " << Catch::getResultCapture().getCurrentTestName() << ": " << reason
              << std::endl;
}

} // namespace ocinet::test

/// Leaves the test (or its present section or generated case) without a failure and says why in one
/// line, which `./dev test` counts. It returns: only the body of a TEST_CASE can use it. Catch2 3
/// has a macro of this name, 2.13 has not; one meaning for both is worth more than its own.
#undef SKIP
#define SKIP(reason)                                                                               \
    do {                                                                                           \
        ocinet::test::note_skip(reason);                                                           \
        return;                                                                                    \
    } while (false)

/// Leaves it like SKIP when `missing` names something that the test needs; empty: nothing is
/// missing.
#define SKIP_IF_MISSING(missing)                                                                   \
    do {                                                                                           \
        if (const std::string reason_ = (missing); !reason_.empty()) {                             \
            SKIP(reason_);                                                                         \
        }                                                                                          \
    } while (false)
