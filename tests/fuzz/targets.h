// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

/// What reads text that is not ours, one function a kind of text. Each takes any bytes at all; what
/// it throws is a bug that they have found. libFuzzer calls them with bytes of its own making
/// (./dev fuzz), the ordinary tests with the files of corpus/ (corpus_test.cpp).
namespace ocinet::fuzz {

#define OCINET_FUZZ_TARGET(name) void fuzz_##name(const std::string& input);
#include "tests/fuzz/targets.def"
#undef OCINET_FUZZ_TARGET

} // namespace ocinet::fuzz
