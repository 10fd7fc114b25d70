// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/reconnect.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "netsetup/link.h"
#include "netsetup/sysctl.h"

namespace ocinet {

bool reconnect(const ops::CreateVeth& op, netlink::Socket& route) {
    const auto found = link::find(route, op.name);
    const auto bridge = link::find(route, op.bridge);
    if (!found || !bridge || found->kind != "veth" || found->alias != op.alias) {
        return false;
    }
    sysctl::set_ipv6(op.name, sysctl::ipv6_settings(false));
    // Messages of their own: the kernel takes a port's settings only from a link that is one
    // already (net/core/rtnetlink.c: __rtnl_newlink, m_ops). Until it has them it is down, which
    // must be said before: a newer kernel makes it a port first.
    netlink::Message lower(RTM_NEWLINK, 0);
    lower.header<ifinfomsg>().ifi_change = IFF_UP;
    lower.put_string(IFLA_IFNAME, op.name);
    route.send(std::move(lower));
    auto port = link::change(op.name);
    port.put_u32(IFLA_MASTER, std::uint32_t(bridge->index));
    port.put_u32(IFLA_MTU, op.mtu);
    port.put(IFLA_ADDRESS, op.mac.bytes.data(), op.mac.bytes.size());
    route.send(std::move(port));
    auto settings = link::raise(op.name);
    ops::put_port(settings, op);
    route.send(std::move(settings));
    link::settle_carrier(route, op.name);
    link::settle_carrier(route, op.bridge);
    return true;
}

} // namespace ocinet
