// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/routes.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <set>

#include "netsetup/attributes.h"
#include "netsetup/link.h"

namespace ocinet::route {

namespace {

// Of all tables, with the table's number (RT_TABLE_MAIN, …).
void dump_routes(netlink::Socket& socket, int family,
                 const std::function<void(const Route&, std::uint8_t table)>& visit) {
    netlink::Message request(RTM_GETROUTE, 0);
    request.header<rtmsg>().rtm_family = std::uint8_t(family);
    socket.dump(std::move(request), [&](const nlmsghdr& answer) {
        const auto& header = netlink::header_of<rtmsg>(answer);
        const auto attr = [&](std::uint16_t type) {
            return netlink::attribute(answer, sizeof(rtmsg), type);
        };
        const auto address = [&](std::uint16_t type) { return netlink::address_of(attr(type)); };
        visit(
            {.destination = {address(RTA_DST).value_or(IpAddress::any(family)), header.rtm_dst_len},
             .gateway = address(RTA_GATEWAY),
             .metric = netlink::u32_of(attr(RTA_PRIORITY)),
             .type = header.rtm_type,
             .protocol = header.rtm_protocol,
             .index = int(netlink::u32_of(attr(RTA_OIF)))},
            header.rtm_table);
    });
}

} // namespace

// The kernel chooses the metric, and for IPv6 the link, where the message names none.
bool exists(netlink::Socket& socket, const Route& route) {
    bool found = false;
    const int family = route.destination.address.family();
    dump_routes(socket, family, [&](const Route& other, std::uint8_t table) {
        found = found || (table == RT_TABLE_MAIN && other.destination == route.destination &&
                          other.gateway == route.gateway && other.type == route.type &&
                          other.protocol == route.protocol &&
                          (route.metric == 0 || other.metric == route.metric) &&
                          (route.index == 0 || other.index == route.index));
    });
    return found;
}

namespace {

netlink::Message about(const Route& route, std::uint16_t type, std::uint16_t flags) {
    netlink::Message message(type, flags);
    auto& header = message.header<rtmsg>();
    const Prefix& destination = route.destination;
    header.rtm_family = std::uint8_t(destination.address.family());
    header.rtm_dst_len = std::uint8_t(destination.length);
    header.rtm_table = RT_TABLE_MAIN;
    header.rtm_protocol = route.protocol;
    // As ip(8) chooses it: who is reached without a gateway is on the link.
    const bool on_link = destination.address.is_v4() && route.type == RTN_UNICAST && !route.gateway;
    header.rtm_scope = type != RTM_NEWROUTE ? RT_SCOPE_NOWHERE
                       : on_link            ? RT_SCOPE_LINK
                                            : RT_SCOPE_UNIVERSE;
    header.rtm_type = route.type;
    if (destination.length != 0) {
        message.put(RTA_DST, destination.address.data(), destination.address.size());
    }
    if (route.gateway) {
        message.put(RTA_GATEWAY, route.gateway->data(), route.gateway->size());
    }
    if (route.source) {
        message.put(RTA_PREFSRC, route.source->data(), route.source->size());
    }
    if (route.index != 0) {
        message.put_u32(RTA_OIF, std::uint32_t(route.index));
    }
    if (route.metric != 0) {
        message.put_u32(RTA_PRIORITY, route.metric);
    }
    return message;
}

} // namespace

netlink::Message add(const Route& route) {
    return about(route, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
}

netlink::Message remove(const Route& route) {
    netlink::Message message = about(route, RTM_DELROUTE, 0);
    message.allow(ESRCH);
    return message;
}

namespace {

template <typename Visit>
void visit_default_routes(netlink::Socket& socket, int family, Visit visit) {
    dump_routes(socket, family, [&](const Route& route, std::uint8_t table) {
        if (table == RT_TABLE_MAIN && route.destination.length == 0 && route.index != 0) {
            visit(route);
        }
    });
}

} // namespace

std::optional<unsigned> default_route_mtu(netlink::Socket& socket) {
    std::set<int> links;
    for (const int family : {AF_INET, AF_INET6}) {
        visit_default_routes(socket, family,
                             [&](const Route& route) { links.insert(route.index); });
    }
    std::optional<unsigned> least;
    for (const int index : links) {
        const auto found = link::find(socket, index);
        if (found && (!least || found->mtu < *least)) {
            least = found->mtu;
        }
    }
    return least;
}

std::optional<int> default_route_link(netlink::Socket& socket, int family) {
    std::optional<Route> best;
    visit_default_routes(socket, family, [&](const Route& route) {
        if (!best || route.metric < best->metric) {
            best = route;
        }
    });
    return best ? std::optional(best->index) : std::nullopt;
}

std::optional<int> link_towards(netlink::Socket& socket, const IpAddress& destination) {
    netlink::Message request(RTM_GETROUTE, 0);
    auto& header = request.header<rtmsg>();
    header.rtm_family = std::uint8_t(destination.family());
    header.rtm_dst_len = std::uint8_t(destination.size() * 8);
    request.put(RTA_DST, destination.data(), destination.size());
    std::optional<int> index;
    try {
        socket.send(std::move(request), [&](const nlmsghdr& answer) {
            if (netlink::header_of<rtmsg>(answer).rtm_type == RTN_UNICAST) {
                index = int(netlink::u32_of(netlink::attribute(answer, sizeof(rtmsg), RTA_OIF)));
            }
        });
    } catch (const netlink::Refused& refused) {
        // No route; or one of type unreachable, prohibit, blackhole (ip-route(8)).
        constexpr std::array nowhere{ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL};
        if (std::ranges::find(nowhere, refused.error()) == nowhere.end()) {
            throw;
        }
    }
    return index;
}

std::vector<Prefix> routed_prefixes(netlink::Socket& socket, int family) {
    const Prefix link_local = *Prefix::parse("fe80::/10");
    const Prefix multicast = *Prefix::parse("ff00::/8");
    std::vector<Prefix> prefixes;
    dump_routes(socket, family, [&](const Route& route, std::uint8_t table) {
        const Prefix& prefix = route.destination;
        if (table != RT_TABLE_LOCAL && prefix.length != 0 && !link_local.contains(prefix.address) &&
            !multicast.contains(prefix.address)) {
            prefixes.push_back(prefix);
        }
    });
    return prefixes;
}

} // namespace ocinet::route
