// SPDX-License-Identifier: GPL-2.0-or-later
// The neighbours learn a container's address on attach: else one that has an earlier container's
// MAC address in its cache sends there.
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>

#include "netsetup/base/address.h"
#include "netsetup/base/error.h"
#include "netsetup/base/fd.h"
#include "netsetup/base/file.h"
#include "tests/kernel/scene.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

// A gratuitous ARP request as RFC 5227 wants it: broadcast, sender's and target's address alike,
// and the sender's hardware address that of the frame.
std::string told_by(const std::array<unsigned char, 1500>& frame, std::size_t size,
                    const sockaddr_ll& from) {
    ether_arp packet{};
    if (size < sizeof packet || from.sll_pkttype != PACKET_BROADCAST) {
        return "";
    }
    std::memcpy(&packet, frame.data(), sizeof packet);
    if (ntohs(packet.arp_op) != ARPOP_REQUEST ||
        std::memcmp(packet.arp_spa, packet.arp_tpa, 4) != 0 ||
        std::memcmp(packet.arp_sha, from.sll_addr, ETH_ALEN) != 0) {
        return "";
    }
    Mac mac;
    std::memcpy(mac.bytes.data(), packet.arp_sha, ETH_ALEN);
    return IpAddress::from_bytes(packet.arp_spa, 4).text() + " is at " + mac.text() + "\n";
}

// Writes a line for each announcement that comes in at `interface`, for ever.
[[noreturn]] void listen(const std::string& interface) {
    const Fd socket(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETHERTYPE_ARP)));
    sockaddr_ll here{};
    here.sll_family = AF_PACKET;
    here.sll_protocol = htons(ETHERTYPE_ARP);
    here.sll_ifindex = int(::if_nametoindex(interface.c_str()));
    if (!socket || here.sll_ifindex == 0 ||
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0) {
        throw_errno("listen on " + interface);
    }
    write_all(STDOUT_FILENO, "ready\n", "stdout");
    while (true) {
        std::array<unsigned char, 1500> frame{};
        sockaddr_ll from{};
        socklen_t length = sizeof from;
        const ssize_t size = ::recvfrom(socket.get(), frame.data(), frame.size(), 0,
                                        reinterpret_cast<sockaddr*>(&from), &length);
        if (size > 0) {
            write_all(STDOUT_FILENO, told_by(frame, std::size_t(size), from), "stdout");
        }
    }
}

std::string line_of(const json& attached) {
    const std::string prefix = attached["addresses"][0];
    return prefix.substr(0, prefix.find('/')) + " is at " + attached["mac"].get<std::string>() +
           "\n";
}

} // namespace

TEST_CASE("each attach is announced to the neighbours") {
    const Host host;
    const Container neighbour(host, on_bridge);
    neighbour.attach();
    const Process on_host = host.start([] { listen("ocinet0"); });
    const Process in_neighbour = neighbour.start([] { listen("eth0"); });
    on_host.wait_for_output("ready");
    in_neighbour.wait_for_output("ready");
    int lost_by_host = 0;
    int lost_by_neighbour = 0;
    constexpr int attaches = 20;
    for (int i = 0; i < attaches; ++i) {
        const Container box(host, on_bridge);
        const std::string line = line_of(only_attachment(box.attach()));
        // The first or, where that was lost, the second, a second later.
        const auto arrived = [&](const Process& listener) {
            return eventually([&] { return listener.out().find(line) != std::string::npos; }, 2s);
        };
        lost_by_host += arrived(on_host) ? 0 : 1;
        lost_by_neighbour += arrived(in_neighbour) ? 0 : 1;
        box.detach();
    }
    std::printf("announcements: %d attaches, %d not seen on the bridge, %d not by a neighbour\n",
                attaches, lost_by_host, lost_by_neighbour);
    CHECK(lost_by_host == 0);
    CHECK(lost_by_neighbour == 0);
}

TEST_CASE("a neighbour with an old entry reaches the address's new owner") {
    const Host host;
    const Container neighbour(host, on_bridge);
    neighbour.attach();
    const auto request = [](const std::string& mac) {
        return Annotations{{"io.ocinet.network", "bridge:ip=10.90.7.7,mac=" + mac}};
    };
    {
        const Container first(host, request("02:00:00:00:00:01"));
        first.attach();
        neighbour.sh("ip neighbour replace 10.90.7.7 dev eth0 lladdr 02:00:00:00:00:01 nud stale");
        first.detach();
    }
    const Container second(host, request("02:00:00:00:00:02"));
    second.attach();
    CHECK(eventually(
        [&] {
            return neighbour.sh("ip neighbour show 10.90.7.7").find("02:00:00:00:00:02") !=
                   std::string::npos;
        },
        1s));
}

} // namespace ocinet::test
