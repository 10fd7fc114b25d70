// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel is told of containers on other hosts.
#include "overlay/tunnels.h"

#include <linux/netlink.h>

#include <cstdlib>

#include "netsetup/base/error.h"
#include "netsetup/base/names.h"
#include "tests/support/catch.h"
#include "tests/support/container.h"
#include "tests/support/host.h"

namespace ocinet::test {

namespace {

using overlay::Tunnels;

/// A host with the links of the network "blue", which the hook makes elsewhere.
struct Blue {
    Blue() {
        host.sh("ip link add oc-blue up type bridge && ip link add vx-blue type vxlan id 95 "
                "dstport 4789 local 192.0.2.1 nolearning && ip link set vx-blue alias '" +
                link_alias("", "blue") + "' master oc-blue up");
    }

    std::string entries() const { return host.sh("bridge fdb show dev vx-blue"); }

    Host host;
    Tunnels::Network network{.name = "blue", .bridge = "oc-blue", .guarded = {}, .own = {}};
};

endpoints::Endpoint endpoint(const char* mac, const char* host) {
    return {Mac::parse(mac).value(), IpAddress::parse(host).value(), {}};
}

void require(bool condition) {
    if (!condition) {
        throw Error("the scene is not as it must be");
    }
}

} // namespace

TEST_CASE("a container that has moved here, and is gone there, is here") {
    Blue blue;
    const auto moved = endpoint("02:0c:0a:5f:02:05", "192.0.2.2");
    blue.host.in([&] {
        Tunnels tunnels;
        tunnels.apply(blue.network, {{{"h2", "c1"}, moved}}, {});
        blue.network.own.insert(moved.mac);
        tunnels.apply(blue.network, {}, {.gone = {moved}, .come = {}});
    });
    CHECK_THAT(blue.entries(), !contains("02:0c:0a:5f:02:05"));
}

TEST_CASE("hosts may send as long as one of their containers is known, and the links are there") {
    Blue blue;
    const Container other(blue.host, {{"io.ocinet.network", "bridge"}});
    other.attach(); // brings the policy
    blue.network.guarded = {.network = "blue", .port = 4789, .vni = 95};
    const std::vector one{endpoint("02:0c:0a:5f:02:05", "192.0.2.2"),
                          endpoint("02:0c:0a:5f:02:06", "192.0.2.2"),
                          endpoint("02:0c:0a:5f:03:05", "192.0.2.3")};
    const std::map<overlay::Whose, endpoints::Endpoint> all{
        {{"h2", "c1"}, one[0]}, {{"h2", "c2"}, one[1]}, {{"h3", "c1"}, one[2]}};
    const auto seen = blue.host.ask([&] {
        auto netfilter = netlink::Socket::open(NETLINK_NETFILTER);
        std::string text;
        const auto note = [&] {
            for (const auto& host : peers::allowed(netfilter, *blue.network.guarded)) {
                text += host.text() + " ";
            }
            text += "| ";
        };
        Tunnels tunnels;
        tunnels.apply(blue.network, all, {});
        note();
        auto left = all;
        left.erase({"h2", "c1"});
        tunnels.apply(blue.network, left, {.gone = {one[0]}, .come = {}});
        note();
        left.erase({"h2", "c2"});
        tunnels.apply(blue.network, left, {.gone = {one[1]}, .come = {}});
        note();
        tunnels.apply(blue.network, all, {.gone = {}, .come = {one[0], one[1]}});
        note();
        // Another container in the place of the last one.
        tunnels.apply(blue.network, all, {.gone = {one[2]}, .come = {one[2]}});
        note();
        require(std::system("ip link delete dev vx-blue") == 0);
        require(tunnels.changed() == std::set<std::string>{"blue"});
        tunnels.apply(blue.network, all, {});
        note();
        return text;
    });
    CHECK(seen == "192.0.2.2 192.0.2.3 | 192.0.2.2 192.0.2.3 | 192.0.2.3 | "
                  "192.0.2.2 192.0.2.3 | 192.0.2.2 192.0.2.3 | | ");
}

TEST_CASE("a container that is here is not elsewhere, whatever is said, until it has gone") {
    Blue blue;
    const auto own = endpoint("02:0c:0a:5f:02:05", "192.0.2.2");
    const std::map<overlay::Whose, endpoints::Endpoint> said{{{"h2", "c1"}, own}};
    const bool known = GENERATE(false, true); // before it came here
    const bool stays = GENERATE(false, true);
    CAPTURE(known, stays);
    blue.host.in([&] {
        Tunnels tunnels;
        tunnels.apply(blue.network, {}, {});
        if (known) {
            tunnels.apply(blue.network, said, {.gone = {}, .come = {own}});
        }
        blue.network.own.insert(own.mac);
        tunnels.apply(
            blue.network, said,
            {.gone = {}, .come = known ? std::vector<endpoints::Endpoint>() : std::vector{own}});
        if (!stays) {
            blue.network.own.clear();
            tunnels.apply(blue.network, said, {});
        }
    });
    CHECK((blue.entries().find("02:0c:0a:5f:02:05") == std::string::npos) == stays);
}

} // namespace ocinet::test
