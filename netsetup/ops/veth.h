// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/operation.h"

namespace ocinet::ops {

/// A pair of virtual Ethernet interfaces between the host and the container, the host's end a port
/// of a bridge (veth(4)). The host's end keeps its random name: that and its alias make it ours.
struct CreateVeth {
    static constexpr const char* journal_name = "create-veth";

    std::string name;
    Mac mac;
    std::string alias;
    std::string bridge;
    unsigned mtu = 0;
    /// The container's end.
    std::string peer;
    Mac peer_mac;
};

/// Undo: Removing one end removes both, also where the container's namespace lives on.
OCINET_OPERATION(CreateVeth)

} // namespace ocinet::ops
