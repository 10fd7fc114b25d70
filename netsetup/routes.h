// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "netsetup/base/address.h"
#include "netsetup/netlink.h"

/// What rtnetlink says of routes, and the message that adds one (rtnetlink(7), RTM_NEWROUTE).
namespace ocinet::route {

/// By which our routes are told from others' where they do not go with a link of ours: no number
/// that iproute2 has a name for.
inline constexpr std::uint8_t our_protocol = 111;

/// A route of the main table.
struct Route {
    /// Of length 0: the default route.
    Prefix destination;
    /// Nothing: the route leads nowhere, or to neighbours.
    std::optional<IpAddress> gateway;
    /// 0: the kernel's default.
    std::uint32_t metric = 0;
    /// RTN_UNICAST, RTN_BLACKHOLE, …
    std::uint8_t type = 1;
    /// Who added it: RTPROT_BOOT, as `ip route add`, or another.
    std::uint8_t protocol = 3;
    /// The link that it leads to; 0: none.
    int index = 0;
    /// What is sent by it comes from this address; nothing: the kernel chooses.
    std::optional<IpAddress> source = std::nullopt;
};

/// Another one's, by its protocol, does not count.
bool exists(netlink::Socket& socket, const Route& route);

netlink::Message add(const Route& route);
/// Removes the route if it is there, and of that protocol.
netlink::Message remove(const Route& route);

/// The smallest MTU among the links that the host's default routes lead to; nothing without one.
std::optional<unsigned> default_route_mtu(netlink::Socket& socket);

/// The link that the main table's default route of the family leads to, the one that is preferred;
/// nothing without one.
std::optional<int> default_route_link(netlink::Socket& socket, int family);

/// The link by which what the host sends to the destination would leave, by all of its rules and
/// tables; nothing where it would not leave.
std::optional<int> link_towards(netlink::Socket& socket, const IpAddress& destination);

/// Where the host's routes of one family lead, of all tables but `local`, and but for the default
/// routes and the link-local ones.
std::vector<Prefix> routed_prefixes(netlink::Socket& socket, int family);

} // namespace ocinet::route
