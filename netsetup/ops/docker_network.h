// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/docker_plugin.h"
#include "netsetup/operation.h"

namespace ocinet::ops {

/// A network that one of Docker's plugins has, for all containers on it: made for the first one, by
/// CreateNetwork, with the pools of addresses that another plugin may give (moby:
/// libnetwork/docs/remote.md, ipam.md).
struct EnsureDockerNetwork {
    static constexpr const char* journal_name = "ensure-docker-network";

    /// Of addresses, of one family.
    struct Pool {
        bool ipv6 = false;
        /// Nothing: the plugin that gives them chooses.
        std::optional<Prefix> subnet;
        std::optional<IpAddress> gateway;
    };

    std::string network;
    docker_plugin::Plugin plugin;
    /// Who gives the addresses; nothing: we do, or the plugin itself.
    std::optional<docker_plugin::Plugin> ipam;
    /// As the plugins know the network.
    std::string id;
    /// CreateNetwork's and RequestPool's Options, as JSON.
    std::string options;
    std::string ipam_options;
    std::vector<Pool> pools;
    /// The plan has seen it made.
    bool found = false;
};

/// What its containers must agree on.
std::string definition_of(const EnsureDockerNetwork& op);

/// What the plugins were asked for, and answered, as it is kept (state/results.h).
struct MadeDockerNetwork {
    struct Pool {
        /// As the plugin that gave it knows it; empty where none did.
        std::string id;
        std::string space;
        std::string subnet;
        /// With the subnet's length; it may be leased from the same plugin.
        std::string gateway;
        bool leased = false;
        bool ipv6 = false;
    };

    /// All of it is there; else it is being made, or taken back.
    bool created = false;
    /// The container that does that.
    std::string by;
    docker_plugin::Plugin plugin;
    std::optional<docker_plugin::Plugin> ipam;
    std::string id;
    std::string definition;
    std::vector<Pool> pools;
};

/// Nothing where nobody has been asked for it. Throws Error where what is kept is damaged.
std::optional<MadeDockerNetwork> made_docker_network(const state::Directory& directory,
                                                     const std::string& network);

/// Undo: With the last container, DeleteNetwork, ReleaseAddress of the gateway, and ReleasePool.
OCINET_OPERATION(EnsureDockerNetwork)

} // namespace ocinet::ops
