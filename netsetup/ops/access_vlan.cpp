// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/access_vlan.h"

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>

#include "netsetup/json.h"
#include "netsetup/link.h"

namespace ocinet::ops {

OCINET_JSON(AccessVlan, link, bridge, vlan, left)

namespace {

constexpr std::uint16_t untagged = BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED;

netlink::Message vlan_message(std::uint16_t type, int index, unsigned vlan, std::uint16_t flags) {
    netlink::Message message(type, 0);
    auto& header = message.header<ifinfomsg>();
    header.ifi_family = AF_BRIDGE;
    header.ifi_index = index;
    message.nest(IFLA_AF_SPEC, [&](netlink::Message& bridge) {
        const bridge_vlan_info info{.flags = flags, .vid = std::uint16_t(vlan)};
        bridge.put(IFLA_BRIDGE_VLAN_INFO, &info, sizeof info);
    });
    return message;
}

bool leaves_another(const AccessVlan& op) {
    return op.left != 0 && op.left != op.vlan;
}

} // namespace

Description describe(const AccessVlan& op) {
    const std::string port = " dev " + op.link + " vid ";
    Description description{{"bridge vlan add" + port + std::to_string(op.vlan) + " pvid untagged"},
                            {"# the VLANs of " + op.link + " go with it"}};
    if (leaves_another(op)) {
        description.apply.push_back("bridge vlan del" + port + std::to_string(op.left));
    }
    return description;
}

Needs needs(const AccessVlan&) {
    return {};
}

// Of all that the port is in by now it leaves: the operator may have given the bridge another
// default since the plan was made, or the port another VLAN before a repair.
void apply(const AccessVlan& op, Context& context) {
    const int index = link::required(context.route, op.link).index;
    auto enter = vlan_message(RTM_SETLINK, index, op.vlan, untagged);
    enter.command(0);
    context.route.send(std::move(enter));
    std::vector<netlink::Message> leave;
    for (const auto& port : link::port_vlans(context.route, index)) {
        if (port.vlan != op.vlan) {
            leave.push_back(vlan_message(RTM_DELLINK, index, port.vlan, 0));
            leave.back().allow(ENOENT).command(1);
        }
    }
    if (!leave.empty()) {
        context.route.send(leave);
    }
}

void undo(const AccessVlan&, Context&, Undo) {}

std::vector<std::string> remains(const AccessVlan&, Context&) {
    return {};
}

std::vector<std::string> check(const AccessVlan& op, Context& context) {
    const auto found = link::find(context.route, op.link);
    if (!found) {
        return {}; // CreateVeth has said so
    }
    const auto vlans = link::port_vlans(context.route, found->index);
    const std::vector<link::PortVlan> wanted = {{.vlan = op.vlan, .untagged = true}};
    Differences differences;
    const auto bridge = link::find(context.route, op.bridge);
    differences.expect(bridge && bridge->filters_vlans,
                       "bridge " + op.bridge + " does not keep VLANs apart any more");
    differences.expect(vlans == wanted,
                       "link " + op.link + " is no access port of VLAN " + std::to_string(op.vlan));
    return std::move(differences).list();
}

} // namespace ocinet::ops
