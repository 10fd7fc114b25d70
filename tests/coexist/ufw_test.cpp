// SPDX-License-Identifier: GPL-2.0-or-later
// The real ufw, with its files in the simulated host's /etc.
#include "tests/support/catch.h"

#include "tests/coexist/crossing.h"

namespace ocinet::test {

TEST_CASE("what ufw stops is named, and the named commands let it through") {
    Crossing crossing;
    if (crossing.host.run("command -v ufw").status != 0) {
        SKIP("no ufw");
    }
    const Result enabled = crossing.host.run("ufw --force enable");
    if (enabled.status != 0) {
        SKIP("ufw cannot be enabled here: " + enabled.out + enabled.err);
    }
    const std::string said = crossing.attach();
    CHECK_THAT(said, contains("ufw stops its outgoing connections") &&
                         contains("ufw route allow in on ocinet0") &&
                         contains("connections to the host"));
    CHECK(crossing.broken() == crossing.filtered({"out", "in", "beside"}));
    const auto found = findings(crossing.host);
    for (const auto& finding : found) {
        CHECK(finding["owner"] == "ufw");
        CHECK(finding["fixable"] == false);
    }
    run_named_commands(crossing.host, found);
    CHECK(crossing.broken() == nothing_broken);
    CHECK(crossing.broken(6) == nothing_broken);
    CHECK(findings(crossing.host) == nlohmann::json::array());
}

} // namespace ocinet::test
