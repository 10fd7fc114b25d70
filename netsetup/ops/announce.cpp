// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/announce.h"

#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>

#include "netsetup/json.h"
#include "netsetup/link.h"

namespace ocinet::ops {

OCINET_JSON(AnnounceAddress, way, interface, mac, addresses)

namespace {

netlink::Message neighbour(const IpAddress& address, int index, std::uint16_t type,
                           std::uint16_t flags) {
    netlink::Message message(type, flags);
    auto& header = message.header<ndmsg>();
    header.ndm_family = std::uint8_t(address.family());
    header.ndm_ifindex = index;
    header.ndm_flags = type == RTM_NEWNEIGH ? NTF_USE : 0;
    message.put(NDA_DST, address.data(), address.size());
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
        const std::string tail = address.text() + " dev " + op.interface;
        description.apply.push_back("nsenter -t $PID -n ip neigh replace " + tail + " use");
        description.apply.push_back("nsenter -t $PID -n ip neigh del " + tail);
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

// IPv4: the kernel itself asks for the container's own address: that is the announcement. A packet
// socket would do, too, but closing one waits 15 ms for a grace period (packet_release), and it
// would take CAP_NET_RAW. The question's entry goes at once: nobody is to answer it.
// IPv6: a question for its own address would tell nobody anything. But with ndisc_notify the kernel
// advertises all addresses when the MAC address is set, to whatever it was before
// (net/ipv6/ndisc.c: ndisc_netdev_event, NETDEV_CHANGEADDR).
void apply(const AnnounceAddress& op, Context& context) {
    for (const auto& link : op.way) {
        link::settle_carrier(context.route, link);
    }
    auto& route = context.container->route;
    const auto found = link::find(route, op.interface);
    if (!found) {
        throw Error("the container has no interface " + op.interface);
    }
    std::vector<netlink::Message> messages;
    int command = 0;
    for (const auto& address : op.addresses) {
        if (is_v6(address)) {
            continue;
        }
        messages.push_back(
            neighbour(address, found->index, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE));
        messages.back().command(command++);
        messages.push_back(neighbour(address, found->index, RTM_DELNEIGH, 0));
        messages.back().allow(ENOENT).command(command++);
    }
    if (has_ipv6(op)) {
        messages.push_back(link::change(op.interface));
        messages.back().put(IFLA_ADDRESS, op.mac.bytes.data(), op.mac.bytes.size());
        messages.back().command(command);
    }
    route.send(messages);
}

void undo(const AnnounceAddress&, Context&, Undo) {}

std::vector<std::string> check(const AnnounceAddress&, Context&) {
    return {};
}

} // namespace ocinet::ops
