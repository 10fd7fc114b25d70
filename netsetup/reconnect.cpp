// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/reconnect.h"

#include <linux/if_link.h>

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
    // Two messages: the kernel takes a port's settings only from a link that is one already
    // (net/core/rtnetlink.c: __rtnl_newlink, m_ops).
    auto port = link::raise(op.name);
    port.put_u32(IFLA_MASTER, std::uint32_t(bridge->index));
    port.put_u32(IFLA_MTU, op.mtu);
    port.put(IFLA_ADDRESS, op.mac.bytes.data(), op.mac.bytes.size());
    route.send(std::move(port));
    auto settings = link::change(op.name);
    settings.nest(IFLA_LINKINFO, [](netlink::Message& info) {
        info.put_string(IFLA_INFO_SLAVE_KIND, "bridge");
        info.nest(IFLA_INFO_SLAVE_DATA,
                  [](netlink::Message& data) { data.put_u8(IFLA_BRPORT_MODE, 1); });
    });
    route.send(std::move(settings));
    link::settle_carrier(route, op.name);
    link::settle_carrier(route, op.bridge);
    return true;
}

} // namespace ocinet
