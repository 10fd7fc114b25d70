// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers/parts/forwarding.h"

#include <sys/socket.h>

namespace ocinet::drivers {

ops::EnableForwarding wanted_forwarding(const HostView& view, int family) {
    const bool ipv6 = family == AF_INET6;
    const HostView::Forwarding& now = ipv6 ? view.ipv6 : view.ipv4;
    ops::EnableForwarding op{.ipv6 = ipv6, .turn_on = !now.on};
    if (now.on) {
        return op;
    }
    for (const auto& interface : view.interfaces) {
        if (ipv6 ? interface.forwards_ipv6 : interface.forwards_ipv4) {
            op.forwarded.push_back(interface.name);
        } else if (interface.name != "lo") {
            op.guarded.push_back(interface.name);
        }
        if (interface.kind == "bridge") {
            op.bridges.push_back(interface.name);
        }
        if (ipv6 && interface.heeds_routers && interface.name != "lo") {
            op.heeding_routers.push_back(interface.name);
        }
    }
    if (now.by_default) {
        op.forwarded.emplace_back("default");
    }
    op.refused_redirects = !ipv6 && !view.accepts_redirects;
    return op;
}

} // namespace ocinet::drivers
