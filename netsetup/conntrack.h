// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "netsetup/base/address.h"
#include "netsetup/netlink.h"

/// The kernel's table of flows (ctnetlink; include/uapi/linux/netfilter/nfnetlink_conntrack.h).
namespace ocinet::conntrack {

struct Ports {
    std::uint16_t first = 0;
    std::uint16_t count = 1;
};

/// Forgets UDP flows that came in for these ports, on an address of the host's or translated to
/// `container`. Flows that merely pass through the host to such a port elsewhere stay.
void forget_udp(netlink::Socket& netfilter, netlink::Socket& route, const std::vector<Ports>& ports,
                const IpAddress& container);

} // namespace ocinet::conntrack
