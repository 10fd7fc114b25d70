// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/bridge.h"

#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "netsetup/base/names.h"
#include "netsetup/base/text.h"
#include "netsetup/json.h"
#include "netsetup/link.h"
#include "netsetup/ops/shared_link.h"
#include "netsetup/state/users.h"
#include "netsetup/sysctl.h"

namespace ocinet::ops {

NLOHMANN_JSON_SERIALIZE_ENUM(EnsureBridge::Found, {{EnsureBridge::Found::absent, "absent"},
                                                   {EnsureBridge::Found::incomplete, "incomplete"},
                                                   {EnsureBridge::Found::complete, "complete"}})
OCINET_JSON(EnsureBridge, network, name, temporary, mac, mtu, addresses, ipv6, routed, vlan, found)

namespace {

std::string users_of(const EnsureBridge& op) {
    return "bridge-" + op.network;
}

bool is_ours(const link::Link& bridge, const EnsureBridge& op) {
    return bridge.alias == link_alias("", op.network);
}

// A link has its own switch for forwarding, which need not be on where the host's is
// (conf.default.forwarding).
void put_settings(netlink::Message& settings, bool routed) {
    settings.put_u32(IPV4_DEVCONF_ROUTE_LOCALNET, routed ? 1 : 0);
    if (routed) {
        settings.put_u32(IPV4_DEVCONF_FORWARDING, 1);
    }
}

// A link's settings by netlink: IFLA_INET_CONF, an attribute for each.
netlink::Message set_routed(const std::string& name, bool on) {
    auto message = link::change(name);
    message.nest(IFLA_AF_SPEC, [&](netlink::Message& families) {
        families.nest(AF_INET, [&](netlink::Message& family) {
            family.nest(IFLA_INET_CONF,
                        [&](netlink::Message& settings) { put_settings(settings, on); });
        });
    });
    return message;
}

// How many commands make the bridge's settings.
int count_settings(const EnsureBridge& op) {
    return int(sysctl::ipv6_settings(op.ipv6).size()) + (op.routed ? 2 : 1);
}

// The last command raises it.
int raising_command(const EnsureBridge& op) {
    return 1 + int(op.addresses.size()) + count_settings(op);
}

// What the first command says, of a new bridge and of one that lacks something.
void put_kind(netlink::Message& message, const EnsureBridge& op) {
    message.put_u32(IFLA_MTU, op.mtu);
    // An address of its own: otherwise a bridge takes its lowest port's, and udev may give another.
    message.put(IFLA_ADDRESS, op.mac.bytes.data(), op.mac.bytes.size());
    message.nest(IFLA_LINKINFO, [&](netlink::Message& info) {
        info.put_string(IFLA_INFO_KIND, "bridge");
        if (op.vlan != 0) {
            info.nest(IFLA_INFO_DATA, [&](netlink::Message& bridge) {
                bridge.put_u8(IFLA_BR_VLAN_FILTERING, 1);
                bridge.put_u16(IFLA_BR_VLAN_DEFAULT_PVID, std::uint16_t(op.vlan));
            });
        }
    });
}

std::string kind_words(const EnsureBridge& op) {
    const std::string vlan = " vlan_filtering 1 vlan_default_pvid " + std::to_string(op.vlan);
    return " type bridge" + (op.vlan != 0 ? vlan : "");
}

netlink::Message create(const EnsureBridge& op) {
    netlink::Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    message.header<ifinfomsg>().ifi_family = AF_UNSPEC;
    message.put_string(IFLA_IFNAME, op.temporary);
    put_kind(message, op);
    return message;
}

// Everything but its being up, on the bridge that is called `name` now. Returns its index.
int furnish(const EnsureBridge& op, const std::string& name, Context& context) {
    sysctl::set_ipv6(name, sysctl::ipv6_settings(op.ipv6));
    const int index = link::required(context.route, name).index;
    std::vector<netlink::Message> messages;
    messages.push_back(set_routed(name, op.routed));
    messages.back().command(count_settings(op));
    int command = 1 + count_settings(op);
    for (const auto& address : op.addresses) {
        messages.push_back(link::add_address(index, address));
        messages.back().allow(EEXIST).command(command++);
    }
    context.route.send(messages);
    return index;
}

// A bridge that is there and lacks something.
netlink::Message resize(const EnsureBridge& op) {
    auto message = link::change(op.name);
    put_kind(message, op);
    return message;
}

void send_kind(netlink::Message message, const EnsureBridge& op, Context& context) {
    try {
        context.route.send(std::move(message));
    } catch (netlink::Refused& refused) {
        if (op.vlan != 0 && refused.error() == EOPNOTSUPP) {
            refused.hint("this kernel cannot keep a bridge's VLANs apart: it lacks "
                         "CONFIG_BRIDGE_VLAN_FILTERING");
        }
        throw;
    }
}

// Last, here too: a bridge that is up while IPv6 is still on would take a link-local address,
// and would solicit routers, until it is off.
netlink::Message raise_again(const EnsureBridge& op) {
    auto message = link::raise(op.name);
    message.command(raising_command(op));
    return message;
}

// The commands that furnish the bridge called `name`.
std::vector<std::string> furnish_commands(const EnsureBridge& op, const std::string& name) {
    auto commands = sysctl::ipv6_commands(name, sysctl::ipv6_settings(op.ipv6));
    if (op.routed) {
        commands.push_back(sysctl::command("ipv4", name, "forwarding", "1"));
    }
    commands.push_back(sysctl::command("ipv4", name, "route_localnet", op.routed ? "1" : "0"));
    for (const auto& address : op.addresses) {
        commands.push_back("ip address replace " + link::address_words(address) + " dev " + name);
    }
    return commands;
}

SharedLink shared_link(const EnsureBridge& op) {
    return {.text = "bridge " + op.name,
            .name = op.name,
            .temporary = op.found == EnsureBridge::Found::absent ? op.temporary : "",
            .users = users_of(op),
            .is_ours = [&op](const link::Link& found) { return is_ours(found, op); },
            .was_ours = [&op](const link::Link& found) { return found.mac == op.mac; }};
}

} // namespace

bool has_vlan(const link::Link& bridge, unsigned vlan) {
    return vlan == 0 || (bridge.filters_vlans && bridge.default_vlan == vlan);
}

Description describe(const EnsureBridge& op) {
    if (op.found == EnsureBridge::Found::complete) {
        return {{"# bridge " + op.name + " is up"},
                {"# bridge " + op.name + " stays while others use it"}};
    }
    Description description;
    const std::string mtu = " mtu " + std::to_string(op.mtu);
    if (op.found == EnsureBridge::Found::absent) {
        description.apply = furnish_commands(op, op.temporary);
        description.apply.insert(description.apply.begin(), "ip link add name " + op.temporary +
                                                                " address " + op.mac.text() + mtu +
                                                                kind_words(op));
        description.apply.push_back("ip link set dev " + op.temporary + " name " + op.name +
                                    " alias " + shell_word(link_alias("", op.network)) + " up");
        description.undo.push_back("ip link delete dev " + op.name);
    } else {
        description.apply = furnish_commands(op, op.name);
        description.apply.insert(description.apply.begin(), "ip link set dev " + op.name +
                                                                " address " + op.mac.text() + mtu +
                                                                kind_words(op));
        description.apply.push_back("ip link set dev " + op.name + " up");
        description.undo.push_back("# bridge " + op.name + " was there before");
    }
    return description;
}

Needs needs(const EnsureBridge&) {
    return {};
}

void apply(const EnsureBridge& op, Context& context) {
    state::join(context.state, users_of(op), context.container_id);
    if (op.found == EnsureBridge::Found::absent) {
        send_kind(create(op), op, context);
        const int index = furnish(op, op.temporary, context);
        auto commit = link::finish(index, op.name, link_alias("", op.network));
        commit.command(raising_command(op));
        context.route.send(std::move(commit));
    } else if (op.found == EnsureBridge::Found::incomplete) {
        send_kind(resize(op), op, context);
        furnish(op, op.name, context);
        context.route.send(raise_again(op));
    }
}

void undo(const EnsureBridge& op, Context& context, Undo) {
    release(shared_link(op), context);
}

std::vector<std::string> remains(const EnsureBridge& op, Context& context) {
    return remains(shared_link(op), context);
}

std::vector<std::string> check(const EnsureBridge& op, Context& context) {
    const auto found = link::find(context.route, op.name);
    if (!found || found->kind != "bridge") {
        return {"bridge " + op.name + " is missing"};
    }
    const std::string name = "bridge " + op.name;
    Differences differences;
    differences.expect(found->up, name + " is down");
    differences.expect(is_ours(*found, op), name + " lacks our alias");
    differences.expect(found->mac == op.mac, name + " has address " + found->mac.text());
    differences.expect(found->mtu == op.mtu, name + " has mtu " + std::to_string(found->mtu));
    differences.expect(found->route_localnet == op.routed, name + " has another route_localnet");
    differences.expect(found->forwards_ipv4 || !op.routed, name + " does not forward");
    const std::string problem = link::ipv6_problem(*found, op.ipv6);
    differences.expect(problem.empty(), name + problem);
    differences.expect(has_vlan(*found, op.vlan),
                       name + " does not keep to VLAN " + std::to_string(op.vlan));
    const auto addresses = link::addresses(context.route, found->index);
    for (const auto& address : op.addresses) {
        differences.expect(std::find(addresses.begin(), addresses.end(), address) !=
                               addresses.end(),
                           name + " lacks address " + address.text());
    }
    return std::move(differences).list();
}

} // namespace ocinet::ops
