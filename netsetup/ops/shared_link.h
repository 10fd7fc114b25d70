// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

#include "netsetup/link.h"
#include "netsetup/operation.h"

namespace ocinet::ops {

/// A link of the host's that the first container makes and the last one deletes: the way back,
/// which is the same for a bridge, a VLAN's sub-interface and the host's own among macvlans. Under
/// the lock under which it is made.
struct SharedLink {
    /// For messages: `bridge ocinet0`.
    std::string text;
    std::string name;
    /// Its name until it was complete; empty where it was there before.
    std::string temporary;
    /// Of whom the last one deletes it (state/users.h).
    std::string users;
    /// Whether one of this name is ours; and whether it is the one that we made, whatever its
    /// alias.
    std::function<bool(const link::Link&)> is_ours;
    std::function<bool(const link::Link&)> was_ours;
};

/// Undo: The last user deletes the link if it is ours.
void release(const SharedLink& shared, Context& context);
std::vector<std::string> remains(const SharedLink& shared, Context& context);

} // namespace ocinet::ops
