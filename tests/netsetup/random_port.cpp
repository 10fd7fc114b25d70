// SPDX-License-Identifier: GPL-2.0-or-later
// The choice of a free host port. Looking changes nothing, and needs no privilege.
#include <sys/socket.h>

#include "netsetup/base/file.h"
#include "netsetup/base/text.h"
#include "netsetup/host_view.h"
#include "tests/netsetup/state_directory.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

struct Looker {
    StateDirectory state;
    netlink::Socket route = netlink::Socket::open(NETLINK_ROUTE);
    netlink::Socket netfilter = netlink::Socket::open(NETLINK_NETFILTER);

    /// The ports for these claims; the same seed makes the same choice.
    std::vector<std::uint16_t> ports(const std::vector<state::PortClaim>& claims) {
        NameSource names(1);
        HostQuery query;
        for (const auto& claim : claims) {
            query.ports.push_back({{claim}});
        }
        const auto view = look(query, state.directory, route, netfilter, names);
        CHECK(view.conflicts.empty());
        return view.ports;
    }
};

const state::PortClaim free_port{.protocol = "tcp", .first = 0};

} // namespace

TEST_CASE("a free port lies outside the ports that the kernel itself chooses") {
    Looker looker;
    const auto range = read_setting(AT_FDCWD, "/proc/sys/net/ipv4/ip_local_port_range").value();
    const auto ends = split(range, '\t');
    const auto port = looker.ports({free_port}).at(0);
    CHECK(port >= 1024);
    CHECK((port < parse_number(trim(ends.front()), 1, 65535).value() ||
           port > parse_number(trim(ends.back()), 1, 65535).value()));
}

TEST_CASE("several free ports are different ones") {
    Looker looker;
    const auto ports = looker.ports({free_port, free_port, free_port});
    CHECK(ports.at(0) != ports.at(1));
    CHECK(ports.at(1) != ports.at(2));
    CHECK(ports.at(0) != ports.at(2));
}

TEST_CASE("a free port is none that the same container asks for by number") {
    Looker looker;
    const auto chosen = looker.ports({free_port}).at(0);
    const state::PortClaim same{.protocol = "tcp", .first = chosen};
    const state::PortClaim around{
        .protocol = "tcp", .first = std::uint16_t(chosen - 1), .count = 3};
    CHECK(looker.ports({same, free_port}).at(1) != chosen);
    CHECK(looker.ports({free_port, same}).at(0) != chosen);
    CHECK_FALSE(around.contains(looker.ports({around, free_port}).at(1)));
    CHECK_FALSE(around.contains(looker.ports({free_port, around}).at(0)));
}

TEST_CASE("a free port is none that another container has") {
    Looker looker;
    const auto chosen = looker.ports({free_port}).at(0);
    state::take_ports(looker.state.directory, {.protocol = "tcp", .first = chosen}, "c2");
    CHECK(looker.ports({free_port}).at(0) != chosen);
    auto udp = free_port;
    udp.protocol = "udp";
    CHECK(looker.ports({udp}).at(0) == chosen);
}

TEST_CASE("a free port for both families is free in both") {
    Looker looker;
    const auto chosen = looker.ports({free_port}).at(0);
    state::take_ports(looker.state.directory,
                      {.protocol = "tcp", .address = IpAddress::any(AF_INET6), .first = chosen},
                      "c2");
    CHECK(looker.ports({free_port}).at(0) == chosen); // IPv4's is another port
    auto ipv6 = free_port;
    ipv6.address = IpAddress::any(AF_INET6);
    NameSource names(1);
    const auto view = look({.ports = {{{free_port, ipv6}}}}, looker.state.directory, looker.route,
                           looker.netfilter, names);
    CHECK(view.conflicts.empty());
    CHECK(view.ports.at(0) != chosen);
}

} // namespace ocinet::test
