// SPDX-License-Identifier: GPL-2.0-or-later
// A container must not make its host a router for the host's neighbours, nor stop it from being
// one.
#include "tests/support/catch.h"

#include "netsetup/base/text.h"
#include "tests/policy/echo.h"
#include "tests/policy/layout.h"

namespace ocinet::test {

namespace {

/// Two LANs that know the way to each other through the host.
class TwoLans {
public:
    explicit TwoLans(bool forwards) {
        host.sh(std::string("echo ") + (forwards ? "1" : "0") + " >/proc/sys/net/ipv4/ip_forward");
        host.connect(left, "lan0", "192.0.2.1/24", "192.0.2.2/24");
        host.connect(right, "lan1", "198.51.100.1/24", "198.51.100.2/24");
        left.sh("ip route add default via 192.0.2.1");
        right.sh("ip route add default via 198.51.100.1");
        servers.push_back(serve(right, "right", {{.port = 80}}));
    }

    /// left -> right, over each protocol: one answer where they are alike. With more patience where
    /// it is not silence that is expected.
    Answer cross(Milliseconds patience = 300ms) const {
        std::vector<Probe> probes;
        for (const char* protocol : {"tcp", "udp", "icmp"}) {
            probes.push_back({.protocol = protocol,
                              .address = "198.51.100.2",
                              .port = 80,
                              .word = "w",
                              .patience = patience});
        }
        Process running = start_probes(left, probes);
        auto answers = collect_answers(running);
        if (answers[2] == "echo") {
            answers[2] = "right 192.0.2.2";
        }
        const bool alike = answers[0] == answers[1] && answers[1] == answers[2];
        return alike ? answers[0] : join(answers, ", ");
    }

    bool forwards() const { return host.sh("cat /proc/sys/net/ipv4/ip_forward") == "1\n"; }

    Host host;
    Host left;
    Host right;
    std::vector<Process> servers;
};

const Annotations published{{"io.ocinet.publish", "8080:80"}};
const Answer crossed = "right 192.0.2.2";

} // namespace

TEST_CASE("LAN -> LAN stays closed when ocinet turned forwarding on") {
    const TwoLans lans(false);
    CHECK(lans.cross() == "silence");
    {
        const Container container(lans.host, published);
        container.attach();
        CHECK(lans.forwards());
        CHECK(lans.cross() == "silence");
        container.detach();
    }
    // Forwarding stays on: others may have come to rely on it. So does the guard.
    CHECK(lans.forwards());
    CHECK(lans.cross() == "silence");
    // The control: it is the guard that holds.
    lans.host.sh("nft delete table inet ocinet");
    CHECK(lans.cross(5s) == crossed);
}

TEST_CASE("LAN -> LAN is closed again by the next attach after somebody flushed the ruleset") {
    const TwoLans lans(false);
    const Container first(lans.host, published);
    first.attach();
    lans.host.sh("nft flush ruleset");
    CHECK(lans.cross(5s) == crossed);
    const Container second(lans.host, {{"io.ocinet.network", "bridge"}});
    second.attach();
    CHECK(lans.cross() == "silence");
}

TEST_CASE("LAN -> LAN stays closed when a second container came and the first one went") {
    const TwoLans lans(false);
    const Container first(lans.host, published);
    first.attach();
    const Container second(lans.host, {{"io.ocinet.network", "bridge"}});
    second.attach();
    first.detach();
    CHECK(lans.cross() == "silence");
    second.detach();
    CHECK(lans.cross() == "silence");
}

TEST_CASE("LAN -> LAN goes on when the operator had turned forwarding on") {
    const TwoLans lans(true);
    CHECK(lans.cross(5s) == crossed);
    const Container container(lans.host, published);
    container.attach();
    CHECK(lans.cross(5s) == crossed);
    container.detach();
    CHECK(lans.cross(5s) == crossed);
}

TEST_CASE("an internal network alone does not turn forwarding on") {
    const TwoLans lans(false);
    lans.host.write_network("inner", network_file("10.91.2.0/24", true));
    const Container container(lans.host, {{"io.ocinet.network", "inner"}});
    container.attach();
    CHECK_FALSE(lans.forwards());
    CHECK(lans.cross() == "silence");
}

} // namespace ocinet::test
