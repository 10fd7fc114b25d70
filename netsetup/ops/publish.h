// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "netsetup/nft.h"
#include "netsetup/operation.h"

namespace ocinet::ops {

/// A container's published ports: elements of the policy's maps. Flows of UDP that are in the
/// kernel's tables already would go on as before, so they are forgotten, after every change.
struct PublishPorts {
    static constexpr const char* journal_name = "publish-ports";

    struct UdpFlows {
        std::uint16_t first = 0;
        std::uint16_t count = 1;
    };

    std::vector<nft::Element> elements;
    std::vector<UdpFlows> udp;
    /// Whose flows end with the container.
    IpAddress container;
};

Description describe(const PublishPorts& op);
Needs needs(const PublishPorts& op);
void apply(const PublishPorts& op, Context& context);
void undo(const PublishPorts& op, Context& context, Undo why);
std::vector<std::string> check(const PublishPorts& op, Context& context);
void to_json(nlohmann::json& json, const PublishPorts& op);
void from_json(const nlohmann::json& json, PublishPorts& op);

} // namespace ocinet::ops
