// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include "netsetup/ops/container_link.h"
#include "netsetup/ops/docker_endpoint.h"

namespace ocinet::ops {

/// What the plugins were asked for, and answered, for an endpoint, as it is kept (state/results.h).
struct MadeDockerEndpoint {
    struct Lease {
        std::string pool;
        std::string address;
    };

    std::vector<Lease> leased;
    bool created = false;
    bool joined = false;
    /// What the link was called that is the container's interface, and what was made of it.
    std::string source;
    std::optional<ConfigureLink> link;
    /// For netsetup/attachments.h.
    nlohmann::json interfaces = nlohmann::json::object();
};
void to_json(nlohmann::json& json, const MadeDockerEndpoint& made);
void from_json(const nlohmann::json& json, MadeDockerEndpoint& made);

void write_made(const DockerEndpoint& op, const MadeDockerEndpoint& made, Context& context);

/// Makes the endpoint, and of its link the container's interface. Whatever was asked for is written
/// by then. Throws Error.
void make_endpoint(const DockerEndpoint& op, Context& context);

} // namespace ocinet::ops
