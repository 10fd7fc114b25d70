// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/announce.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <algorithm>

#include "netsetup/json.h"
#include "netsetup/link.h"

namespace ocinet::ops {

OCINET_JSON(AnnounceAddress, way, interface, mac, addresses)

namespace {

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
                                    " lladdr " + link::everybody.text() + " nud probe dev " +
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
        messages.push_back(link::announce(index, address));
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
