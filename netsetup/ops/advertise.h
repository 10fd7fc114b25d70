// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/operation.h"
#include "netsetup/ops/lease.h"

namespace ocinet::ops {

/// Tells the routing daemon of this host that the container is here, in the way in which it asks
/// the kernel: a static forwarding entry of the bridge for the container's port, and a neighbour of
/// the bridge for each address. The daemon tells the other hosts (EVPN: RFC 7432, section 7.2, a
/// route of type 2), also of a container that never sends anything.
struct AdvertiseContainer {
    static constexpr const char* journal_name = "advertise-container";

    std::string bridge;
    /// The host's end of the container's link.
    std::string port;
    Mac mac;
    /// Of its addresses.
    std::vector<TakeAddress> leases;
};

/// Undo: The forwarding entry goes with the port. A neighbour goes as long as the address is leased
/// to the container: afterwards it may be another one's, of the same MAC address.
OCINET_OPERATION(AdvertiseContainer)

} // namespace ocinet::ops
