// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "netsetup/operation.h"

namespace ocinet::ops {

/// An interface of the container's on top of a link of the host's: a macvlan, with a MAC address of
/// its own, or an ipvlan, with that of the link (ip-link(8); Documentation/networking/ipvlan.rst).
struct CreateUpperLink {
    static constexpr const char* journal_name = "create-upper-link";

    /// `macvlan` or `ipvlan`.
    std::string kind;
    /// As ip(8) names it: bridge, private, vepa, passthru; l2, l3, l3s.
    std::string mode;
    /// Of an ipvlan: bridge, private or vepa; else empty.
    std::string flag;
    /// The host's link.
    std::string parent;
    /// What it is called at first, in the container; see names.h.
    std::string temporary;
    std::string name;
    /// Nothing: it has the parent's.
    std::optional<Mac> mac;
    unsigned mtu = 0;
    std::string alias;
    /// Of a macvlan: from how many receivers on a broadcast is queued; -1: never.
    std::optional<std::int32_t> broadcast_limit;
};

/// Undo: Removes it in a namespace that outlives the container; else it goes with that.
OCINET_OPERATION(CreateUpperLink)

} // namespace ocinet::ops
