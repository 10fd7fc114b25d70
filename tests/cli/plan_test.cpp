// SPDX-License-Identifier: GPL-2.0-or-later
// `ocinet plan`: what it says when there is nothing to plan, and how it prints an undo.
#include "netsetup/base/text.h"
#include "tests/cli/scene.h"
#include "tests/support/catch.h"

namespace ocinet::test {

TEST_CASE("plan without anything to plan says what is missing") {
    const Host host;
    const Result result = ocinet(host, "plan");
    CHECK(result.status == 1);
    CHECK(result.out.empty());
    CHECK(result.err == "ocinet: nothing to plan: give a bundle's directory, or --network, "
                        "--publish or --name\n");
}

TEST_CASE("an undo is a command, or prose in parentheses") {
    const Host host;
    const std::string plan = host.sh(cli_program() + " plan --network bridge");
    CHECK_THAT(plan, contains("    # undo: (lo stays up)\n"));
    CHECK_THAT(plan, contains("    # undo: (release 10.90.0.2 of network bridge)\n"));
    CHECK_THAT(plan, contains("    # undo: ip link delete dev ocinet0\n"));
    for (const auto line : split(plan, '\n')) {
        CAPTURE(std::string(line));
        CHECK(line.find("# undo: #") == std::string_view::npos);
    }
}

} // namespace ocinet::test
