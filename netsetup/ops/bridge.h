// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/link.h"
#include "netsetup/operation.h"

namespace ocinet::ops {

/// Sees to it that a network's bridge is there, with all that belongs to it, and counts the
/// container among its users. Under the network's lock.
struct EnsureBridge {
    static constexpr const char* journal_name = "ensure-bridge";

    enum class Found {
        absent,
        /// Ours, but not as it should be: somebody changed it.
        incomplete,
        complete,
    };

    std::string network;
    std::string name;
    /// Its name until it is complete; see names.h.
    std::string temporary;
    Mac mac;
    unsigned mtu = 0;
    std::vector<Prefix> addresses;
    /// It carries IPv6, too.
    bool ipv6 = false;
    /// The host forwards IPv4 that comes in by this bridge, and reaches ports that are published on
    /// 127.0.0.1 through it (route_localnet).
    bool routed = false;
    /// It keeps its VLANs apart, and the host and all its ports are in this one; 0: it knows of
    /// none.
    unsigned vlan = 0;
    Found found = Found::absent;
};

/// Whether a bridge keeps its ports in this VLAN; 0: whether it is as good as any.
bool has_vlan(const link::Link& bridge, unsigned vlan);

/// Undo: The last user deletes the bridge, if it carries our alias.
OCINET_OPERATION(EnsureBridge)

} // namespace ocinet::ops
