// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/vlan.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>

#include "netsetup/base/names.h"
#include "netsetup/base/text.h"
#include "netsetup/json.h"
#include "netsetup/link.h"
#include "netsetup/ops/shared_link.h"
#include "netsetup/state/users.h"
#include "netsetup/sysctl.h"

namespace ocinet::ops {

OCINET_JSON(EnsureVlan, parent, name, temporary, vlan, is_outer, found)

namespace {

std::string users_of(const EnsureVlan& op) {
    return "vlan-" + op.name;
}

std::string alias_of(const EnsureVlan& op) {
    return link_alias("", op.name);
}

bool is_ours(const link::Link& link, const EnsureVlan& op) {
    return link.kind == "vlan" && link.alias == alias_of(op);
}

link::Link::Tag tag_of(const EnsureVlan& op) {
    return {op.vlan, std::uint16_t(op.is_outer ? ETH_P_8021AD : ETH_P_8021Q)};
}

netlink::Message create(const EnsureVlan& op, int parent) {
    netlink::Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    message.header<ifinfomsg>().ifi_family = AF_UNSPEC;
    message.put_string(IFLA_IFNAME, op.temporary);
    message.put_u32(IFLA_LINK, std::uint32_t(parent));
    message.nest(IFLA_LINKINFO, [&](netlink::Message& info) {
        info.put_string(IFLA_INFO_KIND, "vlan");
        info.nest(IFLA_INFO_DATA, [&](netlink::Message& data) {
            data.put_u16(IFLA_VLAN_ID, std::uint16_t(op.vlan));
            data.put_u16(IFLA_VLAN_PROTOCOL, htons(tag_of(op).protocol));
        });
    });
    return message;
}

void send_create(const EnsureVlan& op, Context& context) {
    try {
        context.route.send(create(op, link::required(context.route, op.parent).index));
    } catch (netlink::Refused& refused) {
        if (refused.error() == EOPNOTSUPP) {
            refused.hint("this kernel has no VLANs: it lacks CONFIG_VLAN_8021Q");
        } else if (refused.error() == EEXIST) {
            refused.hint(op.parent + " has a sub-interface of VLAN " + std::to_string(op.vlan) +
                         " under another name: make that one the network's parent");
        }
        throw;
    }
}

// The host itself has no business in the VLAN.
std::vector<sysctl::Setting> settings() {
    return sysctl::ipv6_settings(false);
}

SharedLink shared_link(const EnsureVlan& op) {
    return {.text = "link " + op.name,
            .name = op.name,
            .temporary = op.found ? "" : op.temporary,
            .users = users_of(op),
            .is_ours = [&op](const link::Link& found) { return is_ours(found, op); },
            .was_ours = [&op](const link::Link& found) { return found.tag == tag_of(op); }};
}

} // namespace

Description describe(const EnsureVlan& op) {
    if (op.found) {
        return {{"ip link set dev " + op.name + " up"},
                {"# " + op.name + " stays while others use it"}};
    }
    Description description;
    description.apply = sysctl::ipv6_commands(op.temporary, settings());
    description.apply.insert(description.apply.begin(), "ip link add link " + op.parent + " name " +
                                                            op.temporary + " type vlan protocol " +
                                                            (op.is_outer ? "802.1ad" : "802.1Q") +
                                                            " id " + std::to_string(op.vlan));
    description.apply.push_back("ip link set dev " + op.temporary + " name " + op.name + " alias " +
                                shell_word(alias_of(op)) + " up");
    description.undo.push_back("ip link delete dev " + op.name);
    return description;
}

Needs needs(const EnsureVlan&) {
    return {};
}

void apply(const EnsureVlan& op, Context& context) {
    state::join(context.state, users_of(op), context.container_id);
    if (op.found) {
        context.route.send(link::raise(op.name));
        return;
    }
    send_create(op, context);
    sysctl::set_ipv6(op.temporary, settings());
    const int index = link::required(context.route, op.temporary).index;
    auto message = link::finish(index, op.name, alias_of(op));
    message.command(int(settings().size()) + 1);
    context.route.send(std::move(message));
}

void undo(const EnsureVlan& op, Context& context, Undo) {
    release(shared_link(op), context);
}

std::vector<std::string> remains(const EnsureVlan& op, Context& context) {
    return remains(shared_link(op), context);
}

std::vector<std::string> check(const EnsureVlan& op, Context& context) {
    const auto found = link::find(context.route, op.name);
    if (!found) {
        return {"link " + op.name + " is missing"};
    }
    const auto parent = link::find(context.route, op.parent);
    const std::string name = "link " + op.name;
    Differences differences;
    differences.expect(found->tag == tag_of(op), name + " does not tag with VLAN " +
                                                     std::to_string(op.vlan) +
                                                     (op.is_outer ? " of 802.1ad" : " of 802.1Q"));
    differences.expect(is_ours(*found, op), name + " lacks our alias");
    differences.expect(found->up, name + " is down");
    differences.expect(found->ipv6_disabled, name + " has IPv6 switched on");
    differences.expect(parent && found->lower == parent->index,
                       name + " does not stand on " + op.parent);
    return std::move(differences).list();
}

} // namespace ocinet::ops
