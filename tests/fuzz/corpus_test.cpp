// SPDX-License-Identifier: GPL-2.0-or-later
// Every file of the corpora through its target, without a fuzzer: what once broke something is kept
// as one of them.
#include <algorithm>
#include <exception>
#include <filesystem>
#include <map>
#include <string>

#include "tests/fuzz/targets.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocinet::test {

namespace {

namespace fs = std::filesystem;
using Target = void (*)(const std::string&);

const std::map<std::string, Target> targets{
#define OCINET_FUZZ_TARGET(name) {#name, fuzz::fuzz_##name},
#include "tests/fuzz/targets.def"
#undef OCINET_FUZZ_TARGET
};

fs::path corpus() {
    return fs::path(__FILE__).parent_path() / "corpus";
}

// Empty: nothing.
std::string problem_of(Target target, const std::string& input) {
    try {
        target(input);
        return "";
    } catch (const std::exception& problem) {
        return problem.what();
    }
}

} // namespace

TEST_CASE("every file of the corpora is read or refused") {
    for (const auto& [name, target] : targets) {
        unsigned files = 0;
        for (const auto& entry : fs::directory_iterator(corpus() / name)) {
            const auto problem = problem_of(target, read_text(entry.path()));
            CAPTURE(entry.path(), problem);
            CHECK(problem.empty());
            ++files;
        }
        CAPTURE(name);
        CHECK(files >= 2);
    }
}

TEST_CASE("every corpus has a target") {
    for (const auto& entry : fs::directory_iterator(corpus())) {
        CAPTURE(entry.path());
        CHECK(targets.contains(entry.path().filename()));
    }
}

TEST_CASE("every target takes what is no text at all") {
    std::string bytes;
    for (int byte = 255; byte >= 0; --byte) {
        bytes += char(byte);
    }
    for (const auto& [name, target] : targets) {
        for (const auto& input : {std::string(), bytes}) {
            const auto problem = problem_of(target, input);
            CAPTURE(name, problem);
            CHECK(problem.empty());
        }
    }
}

} // namespace ocinet::test
