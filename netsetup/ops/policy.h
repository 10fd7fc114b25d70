// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "netsetup/nft.h"
#include "netsetup/operation.h"

namespace ocinet::ops {

/// Sees to it that the table `inet ocinet` with this version of the policy is there, and counts the
/// container among its users. Under the host's lock.
struct EnsurePolicy {
    static constexpr const char* journal_name = "ensure-policy";

    bool loaded = false;
    /// Where the text is, for the printed command.
    std::string file;
};

Description describe(const EnsurePolicy& op);
Needs needs(const EnsurePolicy& op);
void apply(const EnsurePolicy& op, Context& context);
/// The last user deletes the table, unless it guards a host on which we turned forwarding on.
void undo(const EnsurePolicy& op, Context& context, Undo why);
std::vector<std::string> check(const EnsurePolicy& op, Context& context);
void to_json(nlohmann::json& json, const EnsurePolicy& op);
void from_json(const nlohmann::json& json, EnsurePolicy& op);

/// The elements by which the policy knows a network: shared by the network's containers. Under the
/// network's lock.
struct ShareElements {
    static constexpr const char* journal_name = "share-elements";

    std::string network;
    std::vector<nft::Element> elements;
    /// The network's containers have put them there already.
    bool present = false;
};

/// The thing that the containers of a network share by this operation (state/users.h).
std::string element_users(const std::string& network);

Description describe(const ShareElements& op);
Needs needs(const ShareElements& op);
void apply(const ShareElements& op, Context& context);
void undo(const ShareElements& op, Context& context, Undo why);
std::vector<std::string> check(const ShareElements& op, Context& context);
void to_json(nlohmann::json& json, const ShareElements& op);
void from_json(const nlohmann::json& json, ShareElements& op);

} // namespace ocinet::ops
