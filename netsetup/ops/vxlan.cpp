// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/vxlan.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>

#include "netsetup/base/names.h"
#include "netsetup/base/text.h"
#include "netsetup/json.h"
#include "netsetup/ops/shared_link.h"
#include "netsetup/peers.h"
#include "netsetup/state/users.h"
#include "netsetup/sysctl.h"

namespace ocinet::ops {

NLOHMANN_JSON_SERIALIZE_ENUM(EnsureVxlan::Found, {{EnsureVxlan::Found::absent, "absent"},
                                                  {EnsureVxlan::Found::incomplete, "incomplete"},
                                                  {EnsureVxlan::Found::complete, "complete"}})
OCINET_JSON(EnsureVxlan, network, bridge, name, temporary, mac, mtu, vni, port, local, lower,
            guarded, found)

namespace {

using Found = EnsureVxlan::Found;

std::string users_of(const EnsureVxlan& op) {
    return "vxlan-" + op.network;
}

peers::Tunnel tunnel_of(const EnsureVxlan& op) {
    return {.network = op.network, .port = op.port, .vni = op.vni};
}

bool is_ours(const link::Link& link, const EnsureVxlan& op) {
    return link.kind == "vxlan" && link.alias == link_alias("", op.network);
}

// Nobody speaks IP on it: it is a port of the bridge.
std::vector<sysctl::Setting> settings() {
    return sysctl::ipv6_settings(false);
}

netlink::Message create(const EnsureVxlan& op, int lower) {
    netlink::Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    message.header<ifinfomsg>().ifi_family = AF_UNSPEC;
    message.put_string(IFLA_IFNAME, op.temporary);
    message.put(IFLA_ADDRESS, op.mac.bytes.data(), op.mac.bytes.size());
    message.put_u32(IFLA_MTU, op.mtu);
    message.nest(IFLA_LINKINFO, [&](netlink::Message& info) {
        info.put_string(IFLA_INFO_KIND, "vxlan");
        info.nest(IFLA_INFO_DATA, [&](netlink::Message& data) {
            data.put_u32(IFLA_VXLAN_ID, op.vni);
            data.put_u16(IFLA_VXLAN_PORT, htons(op.port));
            data.put(op.local.is_v4() ? IFLA_VXLAN_LOCAL : IFLA_VXLAN_LOCAL6, op.local.data(),
                     op.local.size());
            data.put_u8(IFLA_VXLAN_LEARNING, 0);
            if (lower != 0) {
                data.put_u32(IFLA_VXLAN_LINK, std::uint32_t(lower));
            }
        });
    });
    return message;
}

void put_quiet_port(netlink::Message& message) {
    message.nest(IFLA_LINKINFO, [&](netlink::Message& info) {
        info.put_string(IFLA_INFO_SLAVE_KIND, "bridge");
        info.nest(IFLA_INFO_SLAVE_DATA, [&](netlink::Message& port) {
            for (const int flag : {IFLA_BRPORT_LEARNING, IFLA_BRPORT_UNICAST_FLOOD,
                                   IFLA_BRPORT_MCAST_FLOOD, IFLA_BRPORT_BCAST_FLOOD}) {
                port.put_u8(std::uint16_t(flag), 0);
            }
            port.put_u8(IFLA_BRPORT_NEIGH_SUPPRESS, 1);
        });
    });
}

// From its final name on, before it is up, so that nothing goes by it: the bridge's port, and how
// that works. Not before: what is told of it under its first name, after its second one, is to
// bgpd of FRR 8.4, which hears everything by two connections, of a link without an index, and it
// takes all other hosts for out of reach.
std::vector<netlink::Message> complete(const EnsureVxlan& op, int index, int bridge) {
    std::vector<netlink::Message> messages;
    messages.push_back(link::name(index, op.name, link_alias("", op.network)));
    messages.back().put_u32(IFLA_MASTER, std::uint32_t(bridge));
    messages.back().command(2);
    messages.emplace_back(RTM_NEWLINK, 0);
    messages.back().header<ifinfomsg>().ifi_index = index;
    put_quiet_port(messages.back());
    messages.back().command(3);
    messages.push_back(link::raise(op.name));
    messages.back().command(4);
    return messages;
}

// A network identifier is used once for each UDP port, and the port's socket is made when the
// device is raised.
void explain(netlink::Refused& refused, const EnsureVxlan& op) {
    if (refused.error() == EEXIST) {
        refused.hint("another VXLAN device of this host has VNI " + std::to_string(op.vni) +
                     ": ip -d link show type vxlan");
    } else if (refused.error() == EADDRINUSE) {
        refused.hint("another program of this host uses the UDP port " + std::to_string(op.port) +
                     ": ss -lunp sport = :" + std::to_string(op.port));
    } else if (refused.error() == EOPNOTSUPP) {
        refused.hint("this kernel has no VXLAN: it lacks CONFIG_VXLAN");
    }
}

void make(const EnsureVxlan& op, Context& context) {
    if (op.found == Found::incomplete) {
        link::remove(context.route, op.name); // one of the same identifier would stand in the way
    }
    const int lower = op.lower.empty() ? 0 : link::required(context.route, op.lower).index;
    const int bridge = link::required(context.route, op.bridge).index;
    context.route.send(create(op, lower));
    sysctl::set_ipv6(op.temporary, settings());
    const int index = link::required(context.route, op.temporary).index;
    auto rest = complete(op, index, bridge);
    context.route.send(rest);
}

// By its entries.
std::vector<nft::Element> wanted_peers(const EnsureVxlan& op, netlink::Socket& route) {
    return peers::elements(tunnel_of(op),
                           endpoints::hosts(route, link::required(route, op.name).index));
}

SharedLink shared_link(const EnsureVxlan& op) {
    return {.text = "link " + op.name,
            .name = op.name,
            .temporary = op.found == Found::complete ? "" : op.temporary,
            .users = users_of(op),
            .is_ours = [&op](const link::Link& found) { return is_ours(found, op); },
            .was_ours = [&op](const link::Link& found) { return carries(found, op); }};
}

} // namespace

bool carries(const link::Link& link, const EnsureVxlan& op) {
    return link.vxlan && link.vxlan->vni == op.vni && link.vxlan->port == op.port &&
           link.vxlan->local == op.local && !link.vxlan->learning &&
           (link.vxlan->lower != 0) == !op.lower.empty();
}

bool is_quiet(const link::Link& link) {
    return !link.learning && !link.flooding && link.neigh_suppress;
}

Description describe(const EnsureVxlan& op) {
    if (op.found == Found::complete) {
        return {{"# link " + op.name + " is up"},
                {"# link " + op.name + " stays while others use it"}};
    }
    Description description;
    if (op.found == Found::incomplete) {
        description.apply.push_back("ip link delete dev " + op.name);
    }
    description.apply.push_back("ip link add name " + op.temporary + " address " + op.mac.text() +
                                " mtu " + std::to_string(op.mtu) + " type vxlan id " +
                                std::to_string(op.vni) + " local " + op.local.text() +
                                (op.lower.empty() ? "" : " dev " + op.lower) + " dstport " +
                                std::to_string(op.port) + " nolearning");
    for (auto& command : sysctl::ipv6_commands(op.temporary, settings())) {
        description.apply.push_back(std::move(command));
    }
    description.apply.push_back("ip link set dev " + op.temporary + " name " + op.name + " alias " +
                                shell_word(link_alias("", op.network)) + " master " + op.bridge);
    description.apply.push_back("ip link set dev " + op.name +
                                " type bridge_slave learning off flood off mcast_flood off "
                                "bcast_flood off neigh_suppress on");
    description.apply.push_back("ip link set dev " + op.name + " up");
    description.undo.push_back("ip link delete dev " + op.name);
    return description;
}

Needs needs(const EnsureVxlan&) {
    return {};
}

void apply(const EnsureVxlan& op, Context& context) {
    state::join(context.state, users_of(op), context.container_id);
    if (op.found == Found::complete) {
        if (op.guarded && context.policy_loader) {
            // This plan has loaded the policy, without those whom no record of a container told of
            // that is here to stay.
            nft::add(context.netfilter, wanted_peers(op, context.route));
        }
        return;
    }
    try {
        make(op, context);
    } catch (netlink::Refused& refused) {
        explain(refused, op);
        throw;
    }
}

void undo(const EnsureVxlan& op, Context& context, Undo) {
    release(shared_link(op), context);
    // Whom ocinet-overlay lets in now, because it has not heard yet, it shuts out again.
    if (op.guarded && !state::has_users(context.state, users_of(op))) {
        peers::synchronise(context.netfilter, tunnel_of(op), {});
    }
}

std::vector<std::string> remains(const EnsureVxlan& op, Context& context) {
    return remains(shared_link(op), context);
}

std::vector<std::string> check(const EnsureVxlan& op, Context& context) {
    const auto found = link::find(context.route, op.name);
    if (!found) {
        return {"link " + op.name + " is missing"};
    }
    const auto bridge = link::find(context.route, op.bridge);
    const std::string name = "link " + op.name;
    Differences differences;
    differences.expect(is_ours(*found, op), name + " is no VXLAN device with our alias");
    differences.expect(carries(*found, op), name + " is not of VNI " + std::to_string(op.vni) +
                                                ", UDP port " + std::to_string(op.port) +
                                                ", from " + op.local.text());
    const auto lower = op.lower.empty() ? std::nullopt : link::find(context.route, op.lower);
    differences.expect(found->vxlan && found->vxlan->lower == (lower ? lower->index : 0),
                       name + " does not lead by " + (op.lower.empty() ? "any link" : op.lower));
    differences.expect(found->up, name + " is down");
    differences.expect(found->mtu == op.mtu, name + " has mtu " + std::to_string(found->mtu));
    differences.expect(bridge && found->master == bridge->index,
                       name + " is no port of " + op.bridge);
    differences.expect(is_quiet(*found), name + " learns or floods");
    return std::move(differences).list();
}

} // namespace ocinet::ops
