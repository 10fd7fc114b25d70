// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/operation.h"

namespace ocinet::ops {

/// A pair of virtual Ethernet interfaces between the host and the container, the host's end a port
/// of a bridge (veth(4)). The host's end is ours by its random name, or by its alias.
struct CreateVeth {
    static constexpr const char* journal_name = "create-veth";

    /// What it is called at first; see names.h.
    std::string temporary;
    /// The same, or what the user chose.
    std::string name;
    Mac mac;
    std::string alias;
    std::string bridge;
    unsigned mtu = 0;
    /// Which of the frames to 01:80:c2:00:00:0x pass the bridge like all others, bit x; the rest it
    /// keeps for the host (IEEE 802.1Q, 8.6.3; IFLA_BRPORT_GROUP_FWD_MASK).
    std::uint16_t group_fwd_mask = 0;
    /// The container's end.
    std::string peer;
    Mac peer_mac;
};

/// Puts into a message about the host's end how its port of the bridge works.
void put_port(netlink::Message& message, const CreateVeth& op);

/// Undo: Removing one end removes both, also where the container's namespace lives on.
OCINET_OPERATION(CreateVeth)

} // namespace ocinet::ops
