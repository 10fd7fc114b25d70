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
        alices_port = alice.attach()["attachments"][0]["host_interface"];
    }

    Host host;
    Container mallory{host, {{"io.ocinet.network", "web"}}};
    std::string alices_port;
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

// 01:80:c2:00:00:0e, IEEE 802.1AB: such a frame is for the bridge itself. Where it learns from it,
// the neighbour's frames go to the liar.
TEST_CASE("a frame that no filter sees does not move a neighbour's address") {
    const Network network("true");
    const Identity mallory = identity_of(network.mallory, "eth0");
    const Identity alice = identity_of(network.alice, "eth0");
    auto frames = frames_of(mallory, alice, identity_of(network.host, "web0"));
    std::string lie = "\x01\x80\xc2";
    lie += std::string("\0\0\x0e", 3);
    lie.append(alice.mac.bytes.begin(), alice.mac.bytes.end());
    frames.push_back({"LLDP of a neighbour's", lie + "\x88\xcc" + std::string(48, 'l')});
    const auto ports_after = [&] {
        arrivals(network.mallory, network.alice, frames);
        Names ports;
        const auto fdb = nlohmann::json::parse(network.host.sh("bridge -j fdb show br web0"));
        for (const auto& entry : fdb) {
            if (entry.at("mac") == alice.mac.text()) {
                ports.push_back(entry.at("ifname").get<std::string>());
            }
        }
        return ports;
    };
    CHECK(ports_after() == Names{network.alices_port});
    network.host.sh("ip link set dev web0 type bridge no_linklocal_learn 0");
    CHECK(ports_after() != Names{network.alices_port}); // the control
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
