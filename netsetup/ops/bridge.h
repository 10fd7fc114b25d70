// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "netsetup/operation.h"

namespace ocinet::ops {

/// Sees to it that a network's bridge is there, with all that belongs to it, and counts the
/// container among its users. Under the network's lock.
struct EnsureBridge {
    static constexpr const char* journal_name = "ensure-bridge";

    enum class Found {
        absent,
        /// Ours, but not as it should be: somebody changed it.
        incomplete,
        complete,
    };

    std::string network;
    std::string name;
    /// Its name until it is complete; see names.h.
    std::string temporary;
    Mac mac;
    unsigned mtu = 0;
    std::vector<Prefix> addresses;
    /// The host reaches ports published on 127.0.0.1 through this bridge.
    bool route_localnet = false;
    Found found = Found::absent;
};

Description describe(const EnsureBridge& op);
Needs needs(const EnsureBridge& op);
void apply(const EnsureBridge& op, Context& context);
/// The last user deletes the bridge, if it carries our alias.
void undo(const EnsureBridge& op, Context& context, Undo why);
std::vector<std::string> check(const EnsureBridge& op, Context& context);
void to_json(nlohmann::json& json, const EnsureBridge& op);
void from_json(const nlohmann::json& json, EnsureBridge& op);

} // namespace ocinet::ops
