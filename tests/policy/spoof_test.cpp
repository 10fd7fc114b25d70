// SPDX-License-Identifier: GPL-2.0-or-later
// A container with CAP_NET_RAW that lies about who it is.
#include "tests/policy/frames.h"
#include "tests/policy/rows.h"
#include "tests/support/catch.h"
#include "tests/support/container.h"
#include "tests/support/host.h"

namespace ocinet::test {

namespace {

using Names = std::vector<std::string>;

struct Network {
    explicit Network(const std::string& spoof_check) {
        host.write_network("web",
                           {{"network_interface", "web0"},
                            {"subnets", {{{"subnet", "10.7.0.0/24"}}, {{"subnet", "fd07::/64"}}}},
                            {"options", {{"spoof_check", spoof_check}}}});
        mallory.attach();
        alice.attach();
    }

    Host host;
    Container mallory{host, {{"io.ocinet.network", "web"}}};
    Container alice{host, {{"io.ocinet.network", "web"}}};
};

} // namespace

TEST_CASE("a container's frames bear its own addresses, or go nowhere") {
    const Network network("true");
    CHECK(wrong_arrivals(network.host, "web0", network.mallory, network.alice) == nothing_wrong);
}

TEST_CASE("with spoof_check=false a container sends what it likes") {
    const Network network("false");
    const auto frames =
        frames_of(identity_of(network.mallory, "eth0"), identity_of(network.alice, "eth0"),
                  identity_of(network.host, "web0"));
    Names all;
    for (const auto& frame : frames) {
        all.push_back(frame.name);
    }
    CHECK(arrivals(network.mallory, network.alice, frames) == all);
}

TEST_CASE("the link-local address follows from the MAC address, whatever the namespace says") {
    const Host host;
    host.write_network("web", {{"subnets", {{{"subnet", "fd07::/64"}}}}});
    const Container box(host, {{"io.ocinet.network", "web:mac=02:0c:00:00:00:05"}});
    box.sh("echo 3 >/proc/sys/net/ipv6/conf/default/addr_gen_mode");
    box.attach();
    CHECK(identity_of(box, "eth0").link_local.text() == "fe80::c:ff:fe00:5");
}

} // namespace ocinet::test
