// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/conntrack.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "netsetup/attributes.h"
#include "netsetup/link.h"

namespace ocinet::conntrack {

namespace {

netlink::Message message(std::uint8_t type, int family) {
    return netlink::netfilter_message(NFNL_SUBSYS_CTNETLINK, type, std::uint8_t(family));
}

// One direction of a flow.
struct Tuple {
    IpAddress source;
    IpAddress destination;
    std::uint8_t protocol = 0;
    std::uint16_t destination_port = 0;
};

IpAddress address_of(const nlattr* ip, std::uint16_t v4, std::uint16_t v6) {
    const nlattr* attr = netlink::nested(ip, v4);
    return netlink::address_of(attr ? attr : netlink::nested(ip, v6)).value_or(IpAddress());
}

Tuple parse(const nlattr* tuple) {
    Tuple result;
    const nlattr* ip = netlink::nested(tuple, CTA_TUPLE_IP);
    result.source = address_of(ip, CTA_IP_V4_SRC, CTA_IP_V6_SRC);
    result.destination = address_of(ip, CTA_IP_V4_DST, CTA_IP_V6_DST);
    const nlattr* protocol = netlink::nested(tuple, CTA_TUPLE_PROTO);
    result.protocol = netlink::u8_of(netlink::nested(protocol, CTA_PROTO_NUM));
    result.destination_port = ntohs(netlink::u16_of(netlink::nested(protocol, CTA_PROTO_DST_PORT)));
    return result;
}

bool is_among(const std::vector<state::PortClaim>& claims, const Tuple& flow) {
    return std::any_of(claims.begin(), claims.end(), [&](const state::PortClaim& claim) {
        return claim.contains(flow.destination_port) && claim.covers(flow.destination);
    });
}

} // namespace

void forget_udp(netlink::Socket& netfilter, netlink::Socket& route,
                const std::vector<state::PortClaim>& claims, const IpAddress& container) {
    const int family = container.family();
    const auto local = link::all_addresses(route, family);
    const auto is_local = [&](const IpAddress& address) {
        return address.is_loopback() ||
               std::any_of(local.begin(), local.end(),
                           [&](const link::Address& own) { return own.prefix.address == address; });
    };
    std::vector<netlink::Message> deletions;
    netfilter.dump(message(IPCTNL_MSG_CT_GET, family), [&](const nlmsghdr& answer) {
        const nlattr* original = netlink::attribute(answer, sizeof(nfgenmsg), CTA_TUPLE_ORIG);
        const Tuple flow = parse(original);
        if (flow.protocol != IPPROTO_UDP || !is_among(claims, flow)) {
            return;
        }
        const Tuple reply = parse(netlink::attribute(answer, sizeof(nfgenmsg), CTA_TUPLE_REPLY));
        if (!is_local(flow.destination) && reply.source != container) {
            return;
        }
        deletions.push_back(message(IPCTNL_MSG_CT_DELETE, family));
        const auto tuple = netlink::bytes_of(original);
        deletions.back().put(CTA_TUPLE_ORIG | NLA_F_NESTED, tuple.data(), tuple.size());
        // It may have ended by itself meanwhile.
        deletions.back().allow(ENOENT);
    });
    for (auto& deletion : deletions) {
        netfilter.send(std::move(deletion));
    }
}

} // namespace ocinet::conntrack
