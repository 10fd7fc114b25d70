// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "netsetup/operation.h"

namespace ocinet::ops {

/// Raises the container's lo: a runtime does it for a namespace that it made, nobody for one that
/// it was given.
struct RaiseLoopback {
    static constexpr const char* journal_name = "raise-loopback";
};

Description describe(const RaiseLoopback& op);
Needs needs(const RaiseLoopback& op);
void apply(const RaiseLoopback& op, Context& context);
void undo(const RaiseLoopback& op, Context& context, Undo why);
std::vector<std::string> check(const RaiseLoopback& op, Context& context);
void to_json(nlohmann::json& json, const RaiseLoopback& op);
void from_json(const nlohmann::json& json, RaiseLoopback& op);

/// Addresses, routes and settings of an interface in the container, and the interface up.
struct ConfigureLink {
    static constexpr const char* journal_name = "configure-link";

    struct Route {
        /// Of length 0: the default route.
        Prefix destination;
        IpAddress gateway;
        /// 0: the kernel's default.
        std::uint32_t metric = 0;
    };

    std::string name;
    std::vector<Prefix> addresses;
    std::vector<Route> routes;
};

Description describe(const ConfigureLink& op);
Needs needs(const ConfigureLink& op);
void apply(const ConfigureLink& op, Context& context);
/// Nothing: all of it goes with the interface.
void undo(const ConfigureLink& op, Context& context, Undo why);
std::vector<std::string> check(const ConfigureLink& op, Context& context);
void to_json(nlohmann::json& json, const ConfigureLink& op);
void from_json(const nlohmann::json& json, ConfigureLink& op);

} // namespace ocinet::ops
