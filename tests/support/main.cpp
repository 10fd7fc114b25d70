// SPDX-License-Identifier: GPL-2.0-or-later
// 2.13 takes its implementation from the translation unit that says this; 3.x has a library.
#define CATCH_CONFIG_RUNNER
#include "tests/support/catch.h"

#include <csignal>

int main(int argc, char** argv) {
    // A program under test that dies early must be a failed test, not the end of all tests.
    std::signal(SIGPIPE, SIG_IGN);
    return Catch::Session().run(argc, argv);
}
