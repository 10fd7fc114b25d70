// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/operation.h"

namespace ocinet::ops {

/// Makes a port of a bridge that filters by VLAN an access port: what comes in without a tag
/// belongs to `vlan`, and of no other VLAN does anything go out (IEEE 802.1Q; bridge(8), `bridge
/// vlan`). Before the other end is raised.
struct AccessVlan {
    static constexpr const char* journal_name = "access-vlan";

    std::string link;
    std::string bridge;
    unsigned vlan = 0;
    /// The one that the bridge puts new ports into, which it leaves; 0: none.
    unsigned left = 0;
};

/// Undo: A port's VLANs go with the port.
OCINET_OPERATION(AccessVlan)

} // namespace ocinet::ops
