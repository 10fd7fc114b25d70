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

OCINET_JSON(AccessVlan, link, vlan, left)

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

void apply(const AccessVlan& op, Context& context) {
    const auto found = link::find(context.route, op.link);
    if (!found) {
        throw Error("the link " + op.link + " disappeared");
    }
    std::vector<netlink::Message> messages;
    messages.push_back(vlan_message(RTM_SETLINK, found->index, op.vlan, untagged));
    messages.back().command(0);
    if (leaves_another(op)) {
        messages.push_back(vlan_message(RTM_DELLINK, found->index, op.left, 0));
        messages.back().allow(ENOENT).command(1);
    }
    context.route.send(messages);
}

void undo(const AccessVlan&, Context&, Undo) {}

std::vector<std::string> check(const AccessVlan& op, Context& context) {
    const auto found = link::find(context.route, op.link);
    if (!found) {
        return {}; // CreateVeth has said so
    }
    const auto vlans = link::port_vlans(context.route, found->index);
    const std::vector<link::PortVlan> wanted = {{.vlan = op.vlan, .untagged = true}};
    Differences differences;
    differences.expect(vlans == wanted,
                       "link " + op.link + " is no access port of VLAN " + std::to_string(op.vlan));
    return std::move(differences).list();
}

} // namespace ocinet::ops
