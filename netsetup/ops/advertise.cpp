// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/advertise.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <cerrno>

#include "netsetup/attributes.h"
#include "netsetup/json.h"
#include "netsetup/link.h"
#include "netsetup/neighbour.h"
#include "netsetup/routes.h"

namespace ocinet::ops {

OCINET_JSON(AdvertiseContainer, bridge, port, mac, leases)

namespace {

// The entry of ours that the bridge has for the address; nothing where it has none.
std::optional<Mac> known_mac(Context& context, const IpAddress& address, int bridge) {
    std::optional<Mac> found;
    context.route.send(neighbour::ask_address(address, bridge), [&](const nlmsghdr& answer) {
        found = neighbour::is_ours(answer) ? neighbour::mac_in(answer) : std::nullopt;
    });
    return found;
}

// Which of its addresses the bridge knows still, and the container has.
std::vector<IpAddress> left_over(const AdvertiseContainer& op, Context& context, int bridge) {
    std::vector<IpAddress> left;
    for (const auto& [range, address] : op.leases) {
        if (state::lease_owner(context.state, range, address) == context.container_id &&
            known_mac(context, address, bridge) == op.mac) {
            left.push_back(address);
        }
    }
    return left;
}

bool is_forwarded(const AdvertiseContainer& op, Context& context, int port) {
    bool found = false;
    context.route.send(neighbour::ask_forwarding(op.mac, port, NTF_MASTER),
                       [&](const nlmsghdr& answer) {
                           const auto& entry = netlink::header_of<ndmsg>(answer);
                           found = entry.ndm_ifindex == port && (entry.ndm_state & NUD_NOARP) != 0;
                       });
    return found;
}

std::string on_bridge(const AdvertiseContainer& op) {
    return " dev " + op.bridge;
}

} // namespace

Description describe(const AdvertiseContainer& op) {
    Description description{
        {"bridge fdb replace " + op.mac.text() + " dev " + op.port + " master static"}, {}};
    for (const auto& lease : op.leases) {
        description.apply.push_back("ip neighbour replace " + lease.address.text() + " lladdr " +
                                    op.mac.text() + on_bridge(op) + " nud permanent protocol " +
                                    std::to_string(route::our_protocol));
        description.undo.push_back("ip neighbour delete " + lease.address.text() + on_bridge(op));
    }
    description.undo.push_back("# the forwarding entry goes with " + op.port);
    return description;
}

Needs needs(const AdvertiseContainer&) {
    return {};
}

void apply(const AdvertiseContainer& op, Context& context) {
    const int port = link::required(context.route, op.port).index;
    const int bridge = link::required(context.route, op.bridge).index;
    std::vector<netlink::Message> messages;
    messages.push_back(
        neighbour::forwarding(RTM_NEWNEIGH, neighbour::replace, op.mac, port, NTF_MASTER));
    messages.back().command(0);
    for (const auto& lease : op.leases) {
        messages.push_back(
            neighbour::of_address(RTM_NEWNEIGH, neighbour::replace, lease.address, op.mac, bridge));
        messages.back().command(int(messages.size()) - 1);
    }
    context.route.send(messages);
}

void undo(const AdvertiseContainer& op, Context& context, Undo) {
    const auto bridge = link::find(context.route, op.bridge);
    if (!bridge) {
        return; // and none of its neighbours
    }
    for (const auto& address : left_over(op, context, bridge->index)) {
        auto message = neighbour::of_address(RTM_DELNEIGH, 0, address, op.mac, bridge->index);
        message.allow(ENOENT);
        context.route.send(std::move(message));
    }
}

std::vector<std::string> remains(const AdvertiseContainer& op, Context& context) {
    std::vector<std::string> found;
    if (const auto bridge = link::find(context.route, op.bridge)) {
        for (const auto& address : left_over(op, context, bridge->index)) {
            found.push_back(op.bridge + " still has the neighbour " + address.text());
        }
    }
    return found;
}

std::vector<std::string> check(const AdvertiseContainer& op, Context& context) {
    const auto port = link::find(context.route, op.port);
    const auto bridge = link::find(context.route, op.bridge);
    if (!port || !bridge || port->master != bridge->index) {
        return {}; // who makes them has said so
    }
    Differences differences;
    differences.expect(is_forwarded(op, context, port->index),
                       op.mac.text() + " is not behind " + op.port);
    for (const auto& lease : op.leases) {
        differences.expect(known_mac(context, lease.address, bridge->index) == op.mac,
                           "neighbour " + lease.address.text() + " of " + op.bridge + " is not " +
                               op.mac.text());
    }
    return std::move(differences).list();
}

} // namespace ocinet::ops
