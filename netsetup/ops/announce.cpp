// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/announce.h"

#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <algorithm>

#include "netsetup/json.h"
#include "netsetup/link.h"

namespace ocinet::ops {

OCINET_JSON(AnnounceAddress, way, interface, mac, addresses)

namespace {

constexpr Mac broadcast{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

netlink::Message own_neighbour(const IpAddress& address, int index) {
    netlink::Message message(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
    auto& header = message.header<ndmsg>();
    header.ndm_family = std::uint8_t(address.family());
    header.ndm_ifindex = index;
    header.ndm_state = NUD_PROBE;
    message.put(NDA_DST, address.data(), address.size());
    message.put(NDA_LLADDR, broadcast.bytes.data(), broadcast.bytes.size());
    return message;
}

bool is_v6(const IpAddress& address) {
    return !address.is_v4();
}

bool has_ipv6(const AnnounceAddress& op) {
    return std::any_of(op.addresses.begin(), op.addresses.end(), is_v6);
}

} // namespace

Description describe(const AnnounceAddress& op) {
    Description description;
    for (const auto& address : op.addresses) {
        if (is_v6(address)) {
            continue;
        }
        description.apply.push_back("nsenter -t $PID -n ip neigh replace " + address.text() +
                                    " lladdr " + broadcast.text() + " nud probe dev " +
                                    op.interface);
    }
    if (has_ipv6(op)) {
        description.apply.push_back("nsenter -t $PID -n ip link set dev " + op.interface +
                                    " address " + op.mac.text());
    }
    return description;
}

Needs needs(const AnnounceAddress&) {
    return {.container = true};
}

// IPv4: the kernel itself asks for the container's own address, as it asks a neighbour whether it
// still has one, and here that is everybody. That is a gratuitous ARP request, and another after
// the retransmission time, which the port's hairpin brings back: that ends the asking (RFC 5227,
// section 2.3, too, wants two announcements). It does so by a timer: were it to do so at once
// (NTF_USE), this process would carry the packet to each port of the bridge, 6 us a port. A packet
// socket's close would wait 15 ms for a grace period (packet_release), and the socket would take
// CAP_NET_RAW.
//
// IPv6: a question for its own address would tell nobody anything. But with ndisc_notify the kernel
// advertises all addresses when the MAC address is set, to whatever it was before
// (net/ipv6/ndisc.c: ndisc_netdev_event, NETDEV_CHANGEADDR).
void apply(const AnnounceAddress& op, Context& context) {
    for (const auto& link : op.way) {
        link::settle_carrier(context.route, link);
    }
    auto& route = context.container->route;
    const int index = link::required(route, op.interface).index;
    std::vector<netlink::Message> messages;
    int command = 0;
    for (const auto& address : op.addresses) {
        if (is_v6(address)) {
            continue;
        }
        messages.push_back(own_neighbour(address, index));
        messages.back().command(command++);
    }
    if (has_ipv6(op)) {
        messages.push_back(link::change(op.interface));
        messages.back().put(IFLA_ADDRESS, op.mac.bytes.data(), op.mac.bytes.size());
        messages.back().command(command);
    }
    route.send(messages);
}

void undo(const AnnounceAddress&, Context&, Undo) {}

std::vector<std::string> remains(const AnnounceAddress&, Context&) {
    return {};
}

std::vector<std::string> check(const AnnounceAddress&, Context&) {
    return {};
}

} // namespace ocinet::ops
