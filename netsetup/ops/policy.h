// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/nft.h"
#include "netsetup/operation.h"

namespace ocinet::ops {

/// Sees to it that the tables `inet ocinet` and `bridge ocinet` with this version of the policy are
/// there, and counts the container among their users. Under the host's lock.
struct EnsurePolicy {
    static constexpr const char* journal_name = "ensure-policy";

    bool loaded = false;
    /// Where the text is, for the printed command.
    std::string file;
    /// When it is loaded anew: what other containers had put into the tables that are gone. In one
    /// transaction with the text. Not in the journal: the undo does not need it.
    std::vector<nft::Element> lost = {};
};

/// Undo: The last user deletes the tables, unless they guard a host on which we turned forwarding
/// on.
OCINET_OPERATION(EnsurePolicy)

/// The elements by which the policy knows a network: shared by the network's containers. Each of
/// them adds them, also where they are in place: that somebody else's are there, and are the ones
/// that the network's file asks for now, is nothing to rely on. Under the network's lock.
struct ShareElements {
    static constexpr const char* journal_name = "share-elements";

    std::string network;
    std::vector<nft::Element> elements;
    /// Of the network, as long as it has users: networks/NAME/definition is a symlink with this
    /// text.
    std::string definition;
    /// By others; for the printed command, which would take them away from them.
    bool in_use = false;
};

/// The definition by which a network's containers use it; nothing when there are none.
std::optional<std::string> definition_in_use(const state::Directory& directory,
                                             const std::string& network);

/// The thing that the containers of a network share by this operation (state/users.h).
std::string element_users(const std::string& network);

OCINET_OPERATION(ShareElements)

} // namespace ocinet::ops
