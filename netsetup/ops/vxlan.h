// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "netsetup/link.h"
#include "netsetup/operation.h"

namespace ocinet::ops {

/// Sees to it that an overlay network's VXLAN device is there and up, a port of the network's
/// bridge, and counts the container among its users (RFC 7348; ip-link(8), type vxlan). It learns
/// nothing and floods nothing: where who is stands in its entries (endpoints.h). Under the
/// network's lock.
struct EnsureVxlan {
    static constexpr const char* journal_name = "ensure-vxlan";

    enum class Found {
        absent,
        /// Ours, but not as it should be: it is made anew.
        incomplete,
        complete,
    };

    std::string network;
    std::string bridge;
    std::string name;
    /// Its name until it is complete; see names.h.
    std::string temporary;
    Mac mac;
    unsigned mtu = 0;
    /// The VXLAN network identifier, 24 bits.
    std::uint32_t vni = 0;
    /// UDP, of all hosts.
    std::uint16_t port = 0;
    /// This host's address, from which it sends.
    IpAddress local;
    /// The link that it stands on, and goes with; empty: none. Packets over IPv6 take the host's
    /// best route all the same (ip6_route_output_flags() heeds it only where the source is open):
    /// what must not leave by another link is dropped by the policy (the set `sealed`).
    std::string lower;
    /// Whether peers alone may send to it (peers.h): from whom nothing is sent to nothing comes.
    /// Who they are is said by who makes its entries.
    bool guarded = false;
    Found found = Found::absent;
};

/// Whether a link is what the operation makes, but for its state and its port of the bridge.
bool carries(const link::Link& link, const EnsureVxlan& op);
/// Whether as a bridge's port it neither learns nor floods, and answers for neighbours.
bool is_quiet(const link::Link& link);

/// Undo: The last user deletes the device, if it carries our alias, and nobody is a peer any more.
OCINET_OPERATION(EnsureVxlan)

} // namespace ocinet::ops
