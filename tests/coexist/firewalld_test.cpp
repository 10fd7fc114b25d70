// SPDX-License-Identifier: GPL-2.0-or-later
// The real firewalld.
#include "tests/support/catch.h"

#include "tests/coexist/crossing.h"
#include "tests/support/firewalld.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

void install_zone(const Host& host) {
    host.sh("cmake --install " OCINET_PREFIX "/cli --prefix /run/installed >/dev/null &&"
            "mkdir -p /etc/firewalld/zones &&"
            "cp /run/installed/lib/firewalld/zones/ocinet.xml /etc/firewalld/zones/ &&"
            "firewall-cmd --reload");
}

} // namespace

TEST_CASE("with firewalld on, ports are published, and the zone lets the rest out") {
    SKIP_IF_MISSING(missing_for_firewalld());
    Crossing crossing;
    const Firewalld firewalld(crossing.host);
    const std::string said = crossing.attach();
    CHECK_THAT(said, contains("firewalld stops its outgoing connections") &&
                         contains("of chain filter_F") && contains("of table inet firewalld") &&
                         contains("firewall-cmd --zone=ocinet --add-interface=ocinet0"));
    // What was translated, firewalld lets in by itself.
    CHECK(crossing.broken() == crossing.filtered({"out", "beside"}));
    CHECK(crossing.broken(6) == crossing.filtered({"out", "beside"}));

    const Result early = doctor(crossing.host, "--fix");
    CHECK(early.status == 1);
    CHECK_THAT(early.err, contains("does not know the zone ocinet") && contains("hint: "));

    install_zone(crossing.host);
    const Result fixed = doctor(crossing.host, "--fix");
    CHECK(fixed.status == 0);
    CHECK(fixed.out == "# firewall-cmd --zone=ocinet --add-interface=ocinet0\n"
                       "# firewall-cmd --permanent --zone=ocinet --add-interface=ocinet0\n"
                       "nothing is in the way\n");
    for (const bool reload : {false, true}) {
        CAPTURE(reload);
        if (reload) {
            crossing.host.sh("firewall-cmd --reload");
        }
        CHECK(crossing.broken() == nothing_broken);
        CHECK(crossing.broken(6) == nothing_broken);
        CHECK(findings(crossing.host) == json::array());
    }

    const Result undone = doctor(crossing.host, "--undo");
    CHECK(undone.status == 0);
    CHECK(undone.out == "# firewall-cmd --permanent --zone=ocinet --remove-interface=ocinet0\n"
                        "# firewall-cmd --zone=ocinet --remove-interface=ocinet0\n");
    CHECK(crossing.host.run("firewall-cmd --get-zone-of-interface=ocinet0").status != 0);
    for (const bool reload : {false, true}) {
        CAPTURE(reload);
        if (reload) {
            crossing.host.sh("firewall-cmd --reload");
        }
        CHECK(crossing.broken() == crossing.filtered({"out", "beside"}));
    }
}

TEST_CASE("firewalld's tables stay as they are when ours come and go") {
    SKIP_IF_MISSING(missing_for_firewalld());
    Crossing crossing;
    const Firewalld firewalld(crossing.host);
    const std::string before = rules_of_others(crossing.host);
    crossing.attach();
    CHECK(rules_of_others(crossing.host) == before);
    // A reload makes firewalld's table anew, and ours stays.
    crossing.host.sh("firewall-cmd --reload");
    CHECK(crossing.broken() == crossing.filtered({"out", "beside"}));
    crossing.box.detach();
    crossing.neighbour.detach();
    CHECK(rules_of_others(crossing.host) == before);
    CHECK_THAT(crossing.host.sh("nft list tables"), !contains("ocinet"));
}

} // namespace ocinet::test
