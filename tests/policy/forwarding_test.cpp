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

// Two neighbours on one wire, for whom the host is the way to each other.
TEST_CASE("the host does not forward back out of the interface that a packet came in by") {
    const Host host;
    const Host wire;
    const Host left;
    const Host right;
    host.sh("echo 0 >/proc/sys/net/ipv4/ip_forward; echo 0 "
            ">/proc/sys/net/ipv4/conf/all/send_redirects");
    wire.connect(host, "lan0", "", "192.0.2.1/24");
    wire.connect(left, "left", "", "192.0.2.2/24");
    wire.connect(right, "right", "", "203.0.113.2/24");
    wire.sh("ip link add br0 type bridge; ip link set br0 up;"
            "for i in lan0 left right; do ip link set $i master br0; done");
    host.sh("ip address add 203.0.113.1/24 dev lan0");
    left.sh("ip route add default via 192.0.2.1");
    right.sh("ip route add default via 203.0.113.1");
    const Process server = serve(right, "right", {{.port = 80}});
    const auto cross = [&](Milliseconds patience) {
        return ask_one(left, {.protocol = "tcp",
                              .address = "203.0.113.2",
                              .port = 80,
                              .word = "w",
                              .patience = patience});
    };
    // That the wire carries it is known by the host's own way.
    CHECK(ask_one(host, {.protocol = "tcp",
                         .address = "203.0.113.2",
                         .port = 80,
                         .word = "w",
                         .patience = 5s}) == "right 203.0.113.1");
    const Container container(host, published);
    container.attach();
    CHECK(cross(300ms) == "silence");
    container.detach();
    CHECK(cross(300ms) == "silence");
    host.sh("nft delete table inet ocinet");
    CHECK(cross(5s) == crossed);
}

TEST_CASE("what did not forward gets nowhere by an interface that did") {
    const TwoLans lans(false);
    lans.host.sh("echo 1 >/proc/sys/net/ipv4/conf/lan1/forwarding");
    CHECK(lans.cross() == "silence"); // it is the interface that a packet comes in by that counts
    const Container container(lans.host, published);
    container.attach();
    CHECK(lans.cross() == "silence");
    lans.host.sh("nft delete table inet ocinet");
    CHECK(lans.cross(5s) == crossed);
}

TEST_CASE("IPv4's guard leaves a router of IPv6 alone") {
    const TwoLans lans(false);
    lans.host.sh("echo 1 >/proc/sys/net/ipv6/conf/all/forwarding;"
                 "ip address add 2001:db8:1::1/64 dev lan0 nodad;"
                 "ip address add 2001:db8:2::1/64 dev lan1 nodad");
    lans.left.sh("ip address add 2001:db8:1::2/64 dev lan0 nodad;"
                 "ip route add default via 2001:db8:1::1");
    lans.right.sh("ip address add 2001:db8:2::2/64 dev lan1 nodad;"
                  "ip route add default via 2001:db8:2::1");
    const auto cross = [&] {
        return ask_one(lans.left, {.protocol = "tcp",
                                   .address = "2001:db8:2::2",
                                   .port = 80,
                                   .word = "w",
                                   .patience = 5s});
    };
    CHECK(cross() == "right 2001:db8:1::2");
    const Container container(lans.host, published);
    container.attach();
    CHECK(cross() == "right 2001:db8:1::2");
    CHECK(lans.cross() == "silence");
}

TEST_CASE("a bridge forwards where interfaces do not by themselves") {
    const TwoLans lans(true);
    lans.host.sh("echo 0 >/proc/sys/net/ipv4/conf/default/forwarding");
    const Container container(lans.host, published);
    container.attach();
    CHECK(ask_one(container, {.protocol = "tcp",
                              .address = "198.51.100.2",
                              .port = 80,
                              .word = "w",
                              .patience = 5s}) == "right 198.51.100.1");
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
