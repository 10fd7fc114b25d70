// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "netsetup/operation.h"
#include "netsetup/state/leases.h"
#include "netsetup/state/ports.h"

namespace ocinet::ops {

/// Takes an address of a network for the container. Under the network's lock.
struct TakeAddress {
    static constexpr const char* journal_name = "take-address";

    state::AddressRange range;
    IpAddress address;
};

Description describe(const TakeAddress& op);
Needs needs(const TakeAddress& op);
void apply(const TakeAddress& op, Context& context);
void undo(const TakeAddress& op, Context& context, Undo why);
std::vector<std::string> check(const TakeAddress& op, Context& context);
void to_json(nlohmann::json& json, const TakeAddress& op);
void from_json(const nlohmann::json& json, TakeAddress& op);

/// Claims host ports for the container. Under the host's lock.
struct TakePorts {
    static constexpr const char* journal_name = "take-ports";

    state::PortClaim claim;
};

Description describe(const TakePorts& op);
Needs needs(const TakePorts& op);
void apply(const TakePorts& op, Context& context);
void undo(const TakePorts& op, Context& context, Undo why);
std::vector<std::string> check(const TakePorts& op, Context& context);
void to_json(nlohmann::json& json, const TakePorts& op);
void from_json(const nlohmann::json& json, TakePorts& op);

} // namespace ocinet::ops
