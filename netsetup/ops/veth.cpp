// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/veth.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cerrno>

#include "netsetup/base/text.h"
#include "netsetup/json.h"
#include "netsetup/link.h"
#include "netsetup/sysctl.h"

namespace ocinet::ops {

OCINET_JSON(CreateVeth, temporary, name, mac, alias, bridge, mtu, group_fwd_mask, peer, peer_mac)

namespace {

void put_end(netlink::Message& message, const std::string& name, const Mac& mac, unsigned mtu) {
    message.put_string(IFLA_IFNAME, name);
    message.put(IFLA_ADDRESS, mac.bytes.data(), mac.bytes.size());
    message.put_u32(IFLA_MTU, mtu);
    // One queue each: the default is one a CPU, and its allocation a third of the creation's time.
    message.put_u32(IFLA_NUM_TX_QUEUES, 1);
    message.put_u32(IFLA_NUM_RX_QUEUES, 1);
}

netlink::Message create(const CreateVeth& op, int bridge_index, int netns) {
    netlink::Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    message.header<ifinfomsg>().ifi_family = AF_UNSPEC;
    put_end(message, op.temporary, op.mac, op.mtu);
    message.put_u32(IFLA_MASTER, std::uint32_t(bridge_index));
    message.nest(IFLA_LINKINFO, [&](netlink::Message& info) {
        info.put_string(IFLA_INFO_KIND, "veth");
        info.nest(IFLA_INFO_DATA, [&](netlink::Message& data) {
            data.nest(VETH_INFO_PEER, [&](netlink::Message& peer) {
                peer.header<ifinfomsg>().ifi_family = AF_UNSPEC;
                put_end(peer, op.peer, op.peer_mac, op.mtu);
                // Made where it is wanted: moving it later costs a second notification round.
                peer.put_u32(IFLA_NET_NS_FD, std::uint32_t(netns));
            });
        });
    });
    return message;
}

bool is_renamed(const CreateVeth& op) {
    return op.name != op.temporary;
}

// The name, the mark that it is ours, how its port of the bridge works, and the end up.
netlink::Message commit(const CreateVeth& op, Context& context) {
    netlink::Message message(RTM_NEWLINK, 0);
    auto& header = message.header<ifinfomsg>();
    if (is_renamed(op)) { // IFLA_IFNAME is the link's new name then, else the one it is found by
        header.ifi_index = link::required(context.route, op.temporary).index;
    }
    header.ifi_flags = IFF_UP;
    header.ifi_change = IFF_UP;
    message.put_string(IFLA_IFNAME, op.name);
    message.put_string(IFLA_IFALIAS, op.alias);
    put_port(message, op);
    message.command(2);
    return message;
}

void explain(netlink::Refused& refused, const CreateVeth& op) {
    if (refused.error() == EXFULL) {
        refused.hint("a bridge has at most 1023 ports: use a second network");
    } else if (refused.error() == EEXIST) {
        refused.hint("the container has an interface " + op.peer +
                     " already: run it without another network (podman run --network none), or "
                     "choose another with interface_name=");
    }
}

} // namespace

// Hairpin: with bridge-nf-call-iptables, a container's own published port is translated on the
// bridged frame, which then must leave by the port it came in.
void put_port(netlink::Message& message, const CreateVeth& op) {
    message.nest(IFLA_LINKINFO, [&](netlink::Message& info) {
        info.put_string(IFLA_INFO_SLAVE_KIND, "bridge");
        info.nest(IFLA_INFO_SLAVE_DATA, [&](netlink::Message& port) {
            port.put_u8(IFLA_BRPORT_MODE, 1);
            port.put_u16(IFLA_BRPORT_GROUP_FWD_MASK, op.group_fwd_mask);
        });
    });
}

Description describe(const CreateVeth& op) {
    const std::string tail = " mtu " + std::to_string(op.mtu) + " numtxqueues 1 numrxqueues 1";
    const std::string mask =
        op.group_fwd_mask != 0 ? " group_fwd_mask " + std::to_string(op.group_fwd_mask) : "";
    const std::string rename = is_renamed(op) ? " name " + op.name : "";
    return {{"ip link add name " + op.temporary + " address " + op.mac.text() + tail + " master " +
                 op.bridge + " type veth peer name " + op.peer + " address " + op.peer_mac.text() +
                 tail + " netns $PID",
             sysctl::command("ipv6", op.temporary, "disable_ipv6", "1"),
             "ip link set dev " + op.temporary + rename + " alias " + shell_word(op.alias) + " up",
             "ip link set dev " + op.name + " type bridge_slave hairpin on" + mask},
            {"ip link delete dev " + op.name}};
}

Needs needs(const CreateVeth&) {
    return {.container = true};
}

void apply(const CreateVeth& op, Context& context) {
    const int bridge = link::required(context.route, op.bridge).index;
    try {
        context.route.send(create(op, bridge, context.container->netns.get()));
    } catch (netlink::Refused& refused) {
        explain(refused, op);
        throw;
    }
    sysctl::set_ipv6(op.temporary, sysctl::ipv6_settings(false));
    context.route.send(commit(op, context));
}

void undo(const CreateVeth& op, Context& context, Undo) {
    link::remove(context.route, op.temporary);
    if (!is_renamed(op)) {
        return;
    }
    const auto found = link::find(context.route, op.name);
    if (found && found->alias == op.alias) {
        link::remove(context.route, op.name);
    }
}

// Another one may have the name by now, but not the address.
std::vector<std::string> remains(const CreateVeth& op, Context& context) {
    const auto found = link::find(context.route, op.name);
    if (!found || found->mac != op.mac) {
        return {};
    }
    const std::string name = "link " + op.name;
    if (found->alias == op.alias) {
        return {name + " still exists"};
    }
    return {name + " stays, somebody gave it the alias \"" + found->alias +
            "\": `ip link delete dev " + op.name + "` removes it"};
}

std::vector<std::string> check(const CreateVeth& op, Context& context) {
    const auto found = link::find(context.route, op.name);
    if (!found) {
        return {"link " + op.name + " is missing"};
    }
    const auto bridge = link::find(context.route, op.bridge);
    const std::string name = "link " + op.name;
    Differences differences;
    differences.expect(found->kind == "veth", name + " is no veth");
    differences.expect(found->up, name + " is down");
    differences.expect(found->alias == op.alias, name + " has alias \"" + found->alias + "\"");
    differences.expect(found->mac == op.mac, name + " has address " + found->mac.text());
    differences.expect(found->mtu == op.mtu, name + " has mtu " + std::to_string(found->mtu));
    differences.expect(found->ipv6_disabled, name + " has IPv6 switched on");
    differences.expect(bridge && found->master == bridge->index,
                       name + " is no port of " + op.bridge);
    differences.expect(found->hairpin, name + " is a port without hairpin mode");
    differences.expect(found->group_fwd_mask == op.group_fwd_mask,
                       name + " has group_fwd_mask " + std::to_string(found->group_fwd_mask));
    const auto peer = link::find(context.container->route, op.peer);
    const std::string end = "the container's " + op.peer;
    differences.expect(peer.has_value(), end + " is missing");
    differences.expect(!peer || peer->mac == op.peer_mac,
                       end + " has address " + (peer ? peer->mac.text() : ""));
    differences.expect(!peer || peer->mtu == op.mtu,
                       end + " has mtu " + std::to_string(peer ? peer->mtu : 0));
    return std::move(differences).list();
}

} // namespace ocinet::ops
