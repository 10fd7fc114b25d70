// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/nft.h"
#include "netsetup/operation.h"

namespace ocinet::ops {

/// Sees to it that the host forwards IPv4, or IPv6, without making it a router for its neighbours:
/// the interfaces that did not forward before are guarded, they do not forward to each other. Under
/// the host's lock.
struct EnableForwarding {
    static constexpr const char* journal_name = "enable-forwarding";

    bool ipv6 = false;
    /// Forwarding is off now.
    bool turn_on = false;
    /// Interfaces that did not forward before: they get nowhere by those of the host's.
    std::vector<std::string> guarded;
    /// Those of them, and of `forwarded`, that are bridges: what one carries between its ports
    /// comes by the policy, too, with bridge-nf-call-iptables.
    std::vector<std::string> bridges;
    /// What the kernel changes with it, and a roll-back has to restore: the interfaces that
    /// forwarded before, `default` among them; net.ipv4.conf.all.accept_redirects being off.
    std::vector<std::string> forwarded;
    bool refused_redirects = false;
    /// Those that learn addresses and routes from IPv6 routers. A host that forwards would not:
    /// they get accept_ra=2 before.
    std::vector<std::string> heeding_routers;
};

/// Undo: Only the roll-back of the container that turned it on turns forwarding off again: others
/// may have come to rely on it.
OCINET_OPERATION(EnableForwarding)

/// What guards the interfaces that did not forward before we turned forwarding on, of either
/// family; nothing when it was not us.
std::vector<nft::Element> guard_elements(const state::Directory& directory);

/// What a writer left who was killed before the marks of this had their names. Under the host's
/// lock.
void forget_unfinished_marks(const state::Directory& directory);

} // namespace ocinet::ops
