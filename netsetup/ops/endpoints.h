// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/endpoints.h"
#include "netsetup/operation.h"
#include "netsetup/peers.h"

namespace ocinet::endpoints {

void to_json(nlohmann::json& json, const Endpoint& endpoint);
void from_json(const nlohmann::json& json, Endpoint& endpoint);

} // namespace ocinet::endpoints

namespace ocinet::peers {

void to_json(nlohmann::json& json, const Tunnel& tunnel);
void from_json(const nlohmann::json& json, Tunnel& tunnel);

} // namespace ocinet::peers

namespace ocinet::ops {

/// Tells the kernel where an overlay network's containers on other hosts are, where that stands in
/// the network's file; and that those hosts alone may send here. Under the network's lock.
struct KnowEndpoints {
    static constexpr const char* journal_name = "know-endpoints";

    peers::Tunnel tunnel;
    /// The network's links on this host.
    std::string vxlan;
    std::string bridge;
    std::vector<endpoints::Endpoint> endpoints;
    /// By other containers of the network; for the printed command, which would cut them off.
    bool in_use = false;
};

/// Undo: Nothing: it goes with the VXLAN device (EnsureVxlan) and the bridge.
OCINET_OPERATION(KnowEndpoints)

} // namespace ocinet::ops
