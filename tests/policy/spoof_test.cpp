// SPDX-License-Identifier: GPL-2.0-or-later
// A container with CAP_NET_RAW that lies about who it is.
#include "tests/policy/frames.h"

#include "netsetup/base/fd.h"
#include "tests/policy/echo.h"
#include "tests/policy/rows.h"
#include "tests/policy/socket_address.h"
#include "tests/support/catch.h"
#include "tests/support/container.h"
#include "tests/support/host.h"

namespace ocinet::test {

namespace {

using Names = std::vector<std::string>;

struct Network {
    explicit Network(const std::string& spoof_check, bool internal = false) {
        host.write_network("web",
                           {{"network_interface", "web0"},
                            {"internal", internal},
                            {"subnets", {{{"subnet", "10.7.0.0/24"}}, {{"subnet", "fd07::/64"}}}},
                            {"options", {{"spoof_check", spoof_check}}}});
        mallorys_port = mallory.attach()["attachments"][0]["host_interface"];
        alices_port = alice.attach()["attachments"][0]["host_interface"];
    }

    // As the kernel makes a bridge's port.
    void unguard_mallorys_port() const {
        host.sh("ip link set dev " + mallorys_port + " type bridge_slave group_fwd_mask 0");
    }

    Host host;
    std::string mallorys_port;
    Container mallory{host, {{"io.ocinet.network", "web"}}};
    std::string alices_port;
    Container alice{host, {{"io.ocinet.network", "web"}}};
};

void send_datagram(const std::string& address, std::uint16_t port, const std::string& text) {
    const SocketAddress to = socket_address(address, port);
    const Fd socket(::socket(to.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket || ::sendto(socket.get(), text.data(), text.size(), 0, to.generic(), to.size) < 0) {
        throw_errno("send to " + address);
    }
}

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

// The addresses that a bridge keeps for itself (IEEE 802.1Q, 8.6.3): 01:80:c2:00:00:00 to :0f. What
// it keeps comes to the host by way of the port, past the filter.
std::string to_bridge(char last, std::string frame) {
    return frame.replace(0, 6, std::string("\x01\x80\xc2\0\0", 5) + last);
}

TEST_CASE("a frame to a bridge's own address does not move a neighbour's") {
    const Network network("true");
    const Identity mallory = identity_of(network.mallory, "eth0");
    const Identity alice = identity_of(network.alice, "eth0");
    auto frames = frames_of(mallory, alice, identity_of(network.host, "web0"));
    const std::string lie = to_bridge(
        '\x0e', std::string(6, ' ') + std::string(alice.mac.bytes.begin(), alice.mac.bytes.end()) +
                    "\x88\xcc" + std::string(48, 'l'));
    frames.push_back({"LLDP of a neighbour's", lie});
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
    network.unguard_mallorys_port();
    // The control. What she sends, announcements and answers, would move it back.
    network.host.sh("nft 'add table bridge quiet; add chain bridge quiet early { type filter hook "
                    "prerouting priority -1000; }; add rule bridge quiet early iifname \"" +
                    network.alices_port + "\" drop'");
    CHECK(ports_after() != Names{network.alices_port});
}

TEST_CASE("a frame to a bridge's own address reaches nothing that the policy keeps from it") {
    const Network network("true", true);
    // Where it is on, the kernel asks by which way an answer goes, and drops the packet itself.
    network.host.sh("for file in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >$file; done");
    const Identity host = identity_of(network.host, "web0");
    auto frames = frames_of(identity_of(network.mallory, "eth0"), host, host);
    for (auto& frame : frames) {
        frame.bytes = to_bridge('\x0e', frame.bytes);
    }
    const auto echo_hears = [&](const std::string& word) {
        const Process server = serve(network.host, "host", {{"", 7}, {"", 53}});
        network.mallory.in([&] {
            send_frames(frames);
            send_datagram(host.ipv4.text(), 53, "end");
        });
        server.wait_for_output("end");
        return server.out().find(word) != std::string::npos;
    };
    CHECK_FALSE(echo_hears("IPv4"));
    network.unguard_mallorys_port();
    CHECK(echo_hears("IPv4")); // the control
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
