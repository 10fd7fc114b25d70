// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "netsetup/operation.h"

namespace ocinet::ops {

/// Tells the neighbours the container's address: a gratuitous ARP request (RFC 5227, section 3),
/// after the bridge's port has begun to forward.
struct AnnounceAddress {
    static constexpr const char* journal_name = "announce-address";

    /// On the packet's way, from the container on: the host's end of its link, then the bridge.
    /// Each must have noticed that it has a carrier.
    std::vector<std::string> way;
    std::string interface;
    IpAddress address;
};

Description describe(const AnnounceAddress& op);
Needs needs(const AnnounceAddress& op);
void apply(const AnnounceAddress& op, Context& context);
void undo(const AnnounceAddress& op, Context& context, Undo why);
std::vector<std::string> check(const AnnounceAddress& op, Context& context);
void to_json(nlohmann::json& json, const AnnounceAddress& op);
void from_json(const nlohmann::json& json, AnnounceAddress& op);

} // namespace ocinet::ops
