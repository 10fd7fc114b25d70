// SPDX-License-Identifier: GPL-2.0-or-later
// `ocinet plan`: what it says when there is nothing to plan, and how it prints an undo.
#include "netsetup/base/text.h"
#include "tests/cli/scene.h"
#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

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

// What is printed is run by sh.
TEST_CASE("a path with a newline stays within its comment") {
    const Host host;
    Bundle bundle(Annotations{{"io.ocinet.network", "bridge"}});
    const bool is_ours = GENERATE(false, true);
    CAPTURE(is_ours);
    const std::string file = (is_ours ? bundle.path() : "/elsewhere") + "/hosts\nreboot";
    bundle.config["mounts"] = {{{"destination", "/etc/hosts"}, {"source", file}}};
    bundle.config["hostname"] = "web";
    bundle.write();
    if (is_ours) {
        write_text(file, "");
    }
    const std::string plan = host.sh(cli_program() + " plan " + shell_word(bundle.path()));
    CHECK_THAT(plan, contains(is_ours ? "from " + bundle.path() + "/hosts\\x0areboot)\n"
                                      : "left alone: /elsewhere/hosts\\x0areboot does not"));
}

} // namespace ocinet::test
