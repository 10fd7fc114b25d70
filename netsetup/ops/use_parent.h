// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/operation.h"

namespace ocinet::ops {

/// Counts the container among those with an interface on top of a link of the host's. The kernel
/// does not say who they are: their interfaces are in other namespaces. Under the host's lock.
struct UseParent {
    static constexpr const char* journal_name = "use-parent";

    std::string parent;
    /// One of parent_uses().
    std::string as;
};

/// What a link can carry: macvlan interfaces, a single one in mode passthru (`passthru`), or ipvlan
/// interfaces, whose mode and flag are the link's: a new one changes those of all that are there
/// (drivers/net/ipvlan/ipvlan_main.c: ipvlan_link_new()). `ipvlan-l2-private`.
const std::vector<std::string>& parent_uses();
/// Whether a link can carry both, of two containers or of one.
bool go_together(const std::string& one, const std::string& other);

/// The containers that use a link in this way.
std::vector<std::string> users_of_parent(const state::Directory& directory,
                                         const std::string& parent, const std::string& as);

OCINET_OPERATION(UseParent)

} // namespace ocinet::ops
