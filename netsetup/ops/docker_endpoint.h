// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/docker_plugin.h"
#include "netsetup/operation.h"

namespace ocinet::ops {

/// A container's endpoint on a network that one of Docker's plugins has: the plugin makes a link on
/// the host, which becomes the container's interface (moby: libnetwork/docs/remote.md). What comes
/// of the host is the plugin's. What it answered is kept: state/results.h.
struct DockerEndpoint {
    static constexpr const char* journal_name = "docker-endpoint";

    /// One of the network's pools of addresses (EnsureDockerNetwork), where a plugin gives them.
    struct Pool {
        bool ipv6 = false;
        /// The address that is asked for.
        std::optional<IpAddress> wanted;
        /// As that plugin knows it, for the printed commands; empty where the network is still to
        /// be made.
        std::string id;
    };

    std::string container;
    std::string network;
    /// In the container; and the mark that it is ours.
    std::string interface;
    std::string alias;
    docker_plugin::Plugin plugin;
    /// Who gives the addresses; nothing: we do, or the plugin itself.
    std::optional<docker_plugin::Plugin> ipam;
    std::vector<Pool> pools;
    /// As the plugins know them.
    std::string network_id;
    std::string id;
    /// Those that we give.
    std::vector<Prefix> addresses;
    std::optional<Mac> mac;
    /// The network gives the container its default route of the family, with this metric.
    bool default_route4 = false;
    bool default_route6 = false;
    std::uint32_t metric = 0;
    /// CreateEndpoint's and ProgramExternalConnectivity's Options, as JSON; the latter is not
    /// called without published ports.
    std::string options;
    bool publishes = false;
};

/// Undo: Leave, DeleteEndpoint and ReleaseAddress, also of what failed, but not where nobody was
/// asked; a link that the container leaves behind gets its name back, by which the plugin finds it.
OCINET_OPERATION(DockerEndpoint)

} // namespace ocinet::ops
