// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/operation.h"

namespace ocinet::ops {

/// Sees to it that the sub-interface for a VLAN of a link is there and up, and counts the container
/// among its users, of whatever network (IEEE 802.1Q; ip-link(8), type vlan). Under the host's
/// lock.
struct EnsureVlan {
    static constexpr const char* journal_name = "ensure-vlan";

    /// The link whose frames bear the tags.
    std::string parent;
    std::string name;
    /// Its name until it is complete; see names.h.
    std::string temporary;
    unsigned vlan = 0;
    /// The tag is that of a provider's VLAN, which has others' inside (802.1ad).
    bool is_outer = false;
    /// It is there, and ours.
    bool found = false;
};

/// Undo: The last user deletes the sub-interface, if it carries our alias.
OCINET_OPERATION(EnsureVlan)

} // namespace ocinet::ops
