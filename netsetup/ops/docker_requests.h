// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "netsetup/ops/docker_endpoint.h"
#include "netsetup/ops/docker_network.h"

/// What Docker's plugins are asked: the bodies of the calls, as dockerd makes them (moby:
/// libnetwork/drivers/remote/api, libnetwork/ipams/remote/api).
namespace ocinet::ops {

/// RequestPool.
nlohmann::json pool_request(const EnsureDockerNetwork& op, const EnsureDockerNetwork::Pool& pool,
                            const std::string& space);
/// RequestAddress of a pool's gateway.
nlohmann::json gateway_request(const std::string& pool_id, const EnsureDockerNetwork::Pool& pool);
bool is_for_gateway(const nlohmann::json& request);
/// Of an answer of RequestPool, which may name it.
std::string gateway_in(const nlohmann::json& answer);
/// The pools of a network whose addresses no plugin gives.
std::vector<MadeDockerNetwork::Pool> own_pools(const EnsureDockerNetwork& op);
/// CreateNetwork with such pools.
nlohmann::json network_request(const EnsureDockerNetwork& op,
                               const std::vector<MadeDockerNetwork::Pool>& pools);

/// RequestAddress of a pool.
nlohmann::json address_request(const DockerEndpoint& op, const DockerEndpoint::Pool& pool,
                               const std::string& pool_id);
/// Leave, DeleteEndpoint, RevokeExternalConnectivity.
nlohmann::json endpoint_ids(const DockerEndpoint& op);
/// An address as CreateEndpoint has it: a text, of one family.
struct AddressText {
    std::string text;
    bool ipv6 = false;
};
nlohmann::json endpoint_request(const DockerEndpoint& op,
                                const std::vector<AddressText>& addresses);
/// Join.
nlohmann::json join_request(const DockerEndpoint& op, const std::string& netns);
/// ProgramExternalConnectivity.
nlohmann::json publish_request(const DockerEndpoint& op);

std::vector<AddressText> texts_of(const std::vector<Prefix>& addresses);

/// Which of the printed commands these are.
struct NetworkCommands {
    explicit NetworkCommands(const EnsureDockerNetwork& op)
        : create(op.ipam ? 1 + 2 * int(op.pools.size()) : 0) {}

    static int pool(std::size_t index) { return 1 + 2 * int(index); }
    static int gateway(std::size_t index) { return pool(index) + 1; }
    int create;
};

/// The same of an endpoint; those of the pools' RequestAddress come first.
struct EndpointCommands {
    explicit EndpointCommands(const DockerEndpoint& op) : create(int(op.pools.size())) {}

    int create;
    int join = create + 1;
    int find_link = join + 1;
    int mark_link = find_link + 1;
    int move_link = mark_link + 1;
    int configure = move_link + 1;
    int publish = 1000; // the last one: executor.cpp
};

} // namespace ocinet::ops
