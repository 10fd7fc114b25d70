// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel is told of containers on other hosts.
#include "overlay/tunnels.h"

#include "netsetup/base/names.h"
#include "tests/support/catch.h"
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
