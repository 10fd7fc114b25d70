// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/routes.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace ocinet::link {

std::vector<Prefix> routed_prefixes(netlink::Socket& socket, int family) {
    const Prefix link_local = *Prefix::parse("fe80::/10");
    const Prefix multicast = *Prefix::parse("ff00::/8");
    std::vector<Prefix> prefixes;
    netlink::Message request(RTM_GETROUTE, 0);
    request.header<rtmsg>().rtm_family = std::uint8_t(family);
    socket.dump(std::move(request), [&](const nlmsghdr& answer) {
        const auto* header = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(&answer));
        const nlattr* destination = netlink::attribute(answer, sizeof(rtmsg), RTA_DST);
        if (!destination || header->rtm_table == RT_TABLE_LOCAL) {
            return;
        }
        const Prefix prefix{IpAddress::from_bytes(mnl_attr_get_payload(destination),
                                                  mnl_attr_get_payload_len(destination)),
                            header->rtm_dst_len};
        if (!link_local.contains(prefix.address) && !multicast.contains(prefix.address)) {
            prefixes.push_back(prefix);
        }
    });
    return prefixes;
}

} // namespace ocinet::link
