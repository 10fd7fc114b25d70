// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "netsetup/base/address.h"
#include "netsetup/netlink.h"
#include "netsetup/state/ports.h"

/// The kernel's table of flows (ctnetlink; include/uapi/linux/netfilter/nfnetlink_conntrack.h).
namespace ocinet::conntrack {

/// Forgets UDP flows of the container's address family that came in for these ports: to the claim's
/// address, or where that is the wildcard to any address of the host's, or translated to
/// `container`. Flows that merely pass through the host to such a port elsewhere stay.
void forget_udp(netlink::Socket& netfilter, netlink::Socket& route,
                const std::vector<state::PortClaim>& claims, const IpAddress& container);

} // namespace ocinet::conntrack
