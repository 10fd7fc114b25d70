// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/operation.h"

namespace ocinet::ops {

/// Counts the container among those with an interface on top of a link of the host's. The kernel
/// does not say who they are: their interfaces are in other namespaces. Under the host's lock.
struct UseParent {
    static constexpr const char* journal_name = "use-parent";

    std::string parent;
    /// `macvlan`, `passthru`, `ipvlan`.
    std::string as;
};

/// The containers that use a link in this way.
std::vector<std::string> users_of_parent(const state::Directory& directory,
                                         const std::string& parent, const std::string& as);

OCINET_OPERATION(UseParent)

} // namespace ocinet::ops
