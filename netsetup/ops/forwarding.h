// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/nft.h"
#include "netsetup/operation.h"

namespace ocinet::ops {

/// Sees to it that the host forwards IPv4, without making it a router for its neighbours: the
/// interfaces that did not forward before are guarded, they do not forward to each other. Under the
/// host's lock.
struct EnableForwarding {
    static constexpr const char* journal_name = "enable-forwarding";

    /// Forwarding is off now.
    bool turn_on = false;
    /// Put into the set `guarded` when forwarding is turned on.
    std::vector<std::string> guarded;
    /// What the kernel changes with it, and a roll-back has to restore: the interfaces that
    /// forwarded before, `default` among them; net.ipv4.conf.all.accept_redirects being off.
    std::vector<std::string> forwarded;
    bool refused_redirects = false;
};

/// Undo: Only the roll-back of the container that turned it on turns forwarding off again: others
/// may have come to rely on it.
OCINET_OPERATION(EnableForwarding)

/// The interfaces guarded since we turned forwarding on; none when it was not us.
std::vector<std::string> guarded_interfaces(const state::Directory& directory);
std::vector<nft::Element> guard_elements(const std::vector<std::string>& interfaces);

/// What a writer left who was killed before the mark of this had its name. Under the host's lock.
void forget_unfinished_mark(const state::Directory& directory);

} // namespace ocinet::ops
