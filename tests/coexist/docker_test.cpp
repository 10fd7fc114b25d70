// SPDX-License-Identifier: GPL-2.0-or-later
// The real dockerd, with a containerd of its own, in the simulated host.
#include "tests/support/catch.h"

#include "tests/coexist/crossing.h"
#include "tests/support/dockerd.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

// What dockerd calls when it calls iptables; /etc is the simulated host's own.
void choose_iptables(const Host& host, const std::string& kind) {
    host.sh("for name in iptables ip6tables; do"
            " ln -sf /usr/sbin/$name-" +
            kind + " /etc/alternatives/$name; done");
}

std::string saved_rules(const Host& host) {
    return host.sh("iptables-save | sed -e '/^#/d' -e 's/\\[[0-9:]*\\]//'") + rules_of_others(host);
}

} // namespace

TEST_CASE("with dockerd running, its chain for others lets ours through") {
    SKIP_IF_MISSING(missing_for_docker());
    const std::string kind = GENERATE("nft", "legacy");
    CAPTURE(kind);
    SKIP_IF_MISSING(missing_for_iptables("iptables-" + kind));
    Crossing crossing;
    choose_iptables(crossing.host, kind);
    // Where dockerd turns forwarding on, it drops what it does not know.
    crossing.host.sh("echo 0 >/proc/sys/net/ipv4/ip_forward");
    const Dockerd dockerd(crossing.host);
    const std::string said = crossing.attach();
    CHECK_THAT(said, contains("Docker stops its outgoing connections") &&
                         contains("chain FORWARD of table") && contains("has policy drop"));
    CHECK(crossing.broken() == crossing.filtered());

    const std::string before = saved_rules(crossing.host);
    const Result fixed = doctor(crossing.host, "--fix");
    CHECK(fixed.status == 0);
    CHECK(fixed.out == "# iptables-" + kind + " -I DOCKER-USER -i ocinet0 -j ACCEPT\n# iptables-" +
                           kind +
                           " -I DOCKER-USER -o ocinet0 -m conntrack --ctstate "
                           "DNAT,RELATED,ESTABLISHED -j ACCEPT\nnothing is in the way\n");
    CHECK(crossing.broken() == nothing_broken);
    const std::string with = saved_rules(crossing.host);
    CHECK(doctor(crossing.host, "--fix").out == "nothing is in the way\n");
    CHECK(saved_rules(crossing.host) == with);

    CHECK(doctor(crossing.host, "--undo").status == 0);
    CHECK(saved_rules(crossing.host) == before);
    CHECK(crossing.broken() == crossing.filtered());
}

TEST_CASE("a dockerd that starts later and finds the host forwarding stops nothing of ours") {
    SKIP_IF_MISSING(missing_for_docker());
    Crossing crossing;
    choose_iptables(crossing.host, "nft");
    CHECK(crossing.attach().empty());
    const Dockerd dockerd(crossing.host);
    CHECK_THAT(saved_rules(crossing.host), contains("-A FORWARD -j DOCKER-USER"));
    CHECK(crossing.broken() == nothing_broken);
    CHECK(findings(crossing.host) == json::array());
}

} // namespace ocinet::test
