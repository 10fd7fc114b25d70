// SPDX-License-Identifier: GPL-2.0-or-later
// A container that claims to be a router: the host must not believe it. On a host of its own, since
// what it does to the link's neighbours would make other rows' silence easy.
#include "tests/support/catch.h"

#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>

#include "netsetup/base/error.h"
#include "netsetup/base/fd.h"
#include "tests/policy/echo.h"
#include "tests/policy/layout.h"

namespace ocinet::test {

namespace {

struct Advertisement {
    nd_router_advert router;
    nd_opt_prefix_info prefix;
};

// 2001:db8::/64, from which hosts make addresses of their own, and a default route.
Advertisement advertisement() {
    Advertisement packet{};
    packet.router.nd_ra_type = ND_ROUTER_ADVERT;
    packet.router.nd_ra_curhoplimit = 64;
    packet.router.nd_ra_router_lifetime = htons(1800);
    packet.prefix.nd_opt_pi_type = ND_OPT_PREFIX_INFORMATION;
    packet.prefix.nd_opt_pi_len = 4;
    packet.prefix.nd_opt_pi_prefix_len = 64;
    packet.prefix.nd_opt_pi_flags_reserved = ND_OPT_PI_FLAG_ONLINK | ND_OPT_PI_FLAG_AUTO;
    packet.prefix.nd_opt_pi_valid_time = htonl(1800);
    packet.prefix.nd_opt_pi_preferred_time = htonl(1800);
    packet.prefix.nd_opt_pi_prefix.s6_addr[0] = 0x20;
    packet.prefix.nd_opt_pi_prefix.s6_addr[1] = 0x01;
    packet.prefix.nd_opt_pi_prefix.s6_addr[2] = 0x0d;
    packet.prefix.nd_opt_pi_prefix.s6_addr[3] = 0xb8;
    return packet;
}

// To all nodes on the link, with the hop limit by which they know that it came from the link.
void advertise() {
    const Fd socket(::socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6));
    const int hops = 255;
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof hops);
    sockaddr_in6 all_nodes{};
    all_nodes.sin6_family = AF_INET6;
    all_nodes.sin6_addr.s6_addr[0] = 0xff;
    all_nodes.sin6_addr.s6_addr[1] = 0x02;
    all_nodes.sin6_addr.s6_addr[15] = 0x01;
    all_nodes.sin6_scope_id = ::if_nametoindex("eth0");
    const Advertisement packet = advertisement();
    if (::sendto(socket.get(), &packet, sizeof packet, 0,
                 reinterpret_cast<const sockaddr*>(&all_nodes), sizeof all_nodes) < 0) {
        throw_errno("send a router advertisement");
    }
}

const std::string nothing_believed;

// With spoof_check the advertisement does not even leave the container (spoof_test.cpp).
const nlohmann::json unchecked = {{"spoof_check", "false"}};

// The routes and addresses that came from an advertisement.
std::string believed(const Place& place) {
    return place.sh("ip -6 route show proto ra; ip -6 address show scope global");
}

} // namespace

TEST_CASE("a container's router advertisement is not believed by the host", "[CVE-2020-10749]") {
    const Host host;
    auto network = network_file("10.90.0.0/16");
    network["network_interface"] = "ocinet0";
    network["options"] = unchecked;
    host.write_network("bridge", network);
    const Container container(host, {{"io.ocinet.network", "bridge:ip=10.90.0.11"}});
    const auto result = container.attach();
    const std::string end = result["attachments"][0]["host_interface"];
    for (const auto& name : {std::string("ocinet0"), end}) {
        CHECK(host.sh("cat /proc/sys/net/ipv6/conf/" + name + "/disable_ipv6") == "1\n");
    }
    const Process server = serve(host, "host", {{.port = 7777}});
    container.sh("echo 0 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6;"
                 "ip address add fe80::bad/64 dev eth0 nodad");
    container.in(advertise);
    // What was sent before this packet has arrived when this one is answered.
    CHECK(ask_one(container, {.protocol = "udp",
                              .address = "10.90.0.1",
                              .port = 7777,
                              .word = "after",
                              .patience = 5s}) == "host 10.90.0.11");
    CHECK(believed(host) == nothing_believed);

    // The control: who listens believes it.
    host.sh("cd /proc/sys/net/ipv6/conf/ocinet0; echo 2 >accept_ra; echo 0 >accept_dad;"
            " echo 0 >disable_ipv6");
    CHECK(eventually([&] {
        container.in(advertise);
        return believed(host).find("2001:db8:") != std::string::npos;
    }));
}

TEST_CASE("a container's router advertisement is not believed by its neighbour",
          "[CVE-2020-10749]") {
    const Host host;
    host.write_network("web",
                       {{"subnets", {{{"subnet", "10.7.0.0/24"}}, {{"subnet", "fd07::/64"}}}},
                        {"options", unchecked}});
    const Container neighbour(host, {{"io.ocinet.network", "web:ip=fd07::11"}});
    const Container liar(host, {{"io.ocinet.network", "web:ip=fd07::12"}});
    neighbour.attach();
    liar.attach();
    const std::string before = believed(neighbour);
    const std::string of_host = believed(host);
    CHECK(before.find("fd07::11") != std::string::npos);
    const Process server = serve(neighbour, "neighbour", {{.port = 7777}});
    const Process host_server = serve(host, "host", {{.port = 7777}});
    liar.in(advertise);
    for (const auto& [address, answer] :
         {std::pair("fd07::11", "neighbour fd07::12"), std::pair("fd07::1", "host fd07::12")}) {
        CHECK(ask_one(liar, {.protocol = "udp",
                             .address = address,
                             .port = 7777,
                             .word = "after",
                             .patience = 5s}) == answer);
    }
    CHECK(believed(neighbour) == before);
    CHECK(believed(host) == of_host);

    neighbour.sh("echo 2 >/proc/sys/net/ipv6/conf/eth0/accept_ra");
    CHECK(eventually([&] {
        liar.in(advertise);
        return believed(neighbour).find("default via fe80:") != std::string::npos;
    }));
}

} // namespace ocinet::test
