// SPDX-License-Identifier: GPL-2.0-or-later
// The calls of Docker's plugins, and what is done with their answers, as commands of sh.
#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "netsetup/base/text.h"
#include "netsetup/ops/container_link.h"
#include "netsetup/ops/docker_requests.h"

namespace ocinet::ops {

using nlohmann::json;

namespace {

// A variable of sh, of a network's own: a container may have several.
std::string variable(const char* what, const std::string& network, std::size_t index) {
    std::string name = std::string(what) + "_" + network + "_" + std::to_string(index);
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
    return name;
}

// Of what is given with its subnet's length only the address is taken back.
std::string keep_address(const std::string& name) {
    return name + "_=${" + name + "%/*}";
}

// --- EnsureDockerNetwork

// What the printed commands find out of its pools, and by which variables.
struct PrintedPools {
    std::vector<MadeDockerNetwork::Pool> pools;
    std::vector<std::string> variables;
};

PrintedPools describe_pools(const EnsureDockerNetwork& op, Description& description) {
    const auto space = variable("space", op.network, 0);
    PrintedPools printed{.pools = {}, .variables = {space}};
    description.apply.push_back(
        space + "=$(" +
        docker_plugin::printed_call(*op.ipam, "IpamDriver.GetDefaultAddressSpaces",
                                    json::object()) +
        " | " + docker_plugin::printed_member("LocalDefaultAddressSpace") + ")");
    for (std::size_t i = 0; i < op.pools.size(); ++i) {
        const auto pool = variable("pool", op.network, i);
        const auto subnet = variable("subnet", op.network, i);
        const auto gateway = variable("gateway", op.network, i);
        printed.variables.insert(printed.variables.end(), {pool, subnet, gateway, gateway + "_"});
        const auto ask = [&](const std::string& method, const json& body) {
            return docker_plugin::printed_call(*op.ipam, "IpamDriver." + method, body,
                                               printed.variables);
        };
        description.apply.push_back(
            "said=$(" + ask("RequestPool", pool_request(op, op.pools[i], "$" + space)) + ") && " +
            pool + "=$(printf %s \"$said\" | " + docker_plugin::printed_member("PoolID") + ") && " +
            subnet + "=$(printf %s \"$said\" | " + docker_plugin::printed_member("Pool") + ")");
        description.apply.push_back(
            "said=$(" + ask("RequestAddress", gateway_request("$" + pool, op.pools[i])) + ") && " +
            gateway + "=$(printf %s \"$said\" | " + docker_plugin::printed_member("Address") + ")");
        description.undo.push_back(
            keep_address(gateway) + " && " +
            ask("ReleaseAddress", {{"PoolID", "$" + pool}, {"Address", "$" + gateway + "_"}}));
        description.undo.push_back(ask("ReleasePool", {{"PoolID", "$" + pool}}));
        printed.pools.push_back({.space = "$" + space,
                                 .subnet = "$" + subnet,
                                 .gateway = "$" + gateway,
                                 .ipv6 = op.pools[i].ipv6});
    }
    return printed;
}

// --- DockerEndpoint

std::string printed(const DockerEndpoint& op, const std::string& method, const json& request,
                    const std::vector<std::string>& variables = {}) {
    return docker_plugin::printed_call(op.plugin, "NetworkDriver." + method, request, variables);
}

std::string in_container(const std::string& command) {
    return "nsenter -t $PID -n " + command;
}

std::string member_of(const char* answer, const std::string& key) {
    return "$(printf %s \"$" + std::string(answer) + "\" | " + docker_plugin::printed_member(key) +
           ")";
}

// An address of each pool, in a variable.
std::vector<std::string> describe_leases(const DockerEndpoint& op, Description& description) {
    std::vector<std::string> variables;
    for (std::size_t i = 0; i < op.pools.size(); ++i) {
        const auto& pool = op.pools[i];
        const auto address = variable("address", op.network, i);
        const auto id_variable = variable("pool", op.network, i);
        const std::string id = pool.id.empty() ? "$" + id_variable : pool.id;
        const auto ask = [&](const std::string& method, const json& body) {
            return docker_plugin::printed_call(*op.ipam, "IpamDriver." + method, body,
                                               {id_variable, address + "_"});
        };
        description.apply.push_back("said=$(" +
                                    ask("RequestAddress", address_request(op, pool, id)) + ") && " +
                                    address + "=" + member_of("said", "Address"));
        description.undo.push_back(
            keep_address(address) + " && " +
            ask("ReleaseAddress", {{"PoolID", id}, {"Address", "$" + address + "_"}}));
        variables.push_back(address);
    }
    return variables;
}

bool has_ipv6(const DockerEndpoint& op) {
    return std::any_of(op.addresses.begin(), op.addresses.end(),
                       [](const Prefix& one) { return !one.address.is_v4(); }) ||
           std::any_of(op.pools.begin(), op.pools.end(),
                       [](const auto& pool) { return pool.ipv6; });
}

void describe_link(const DockerEndpoint& op, const std::vector<std::string>& leases,
                   Description& description) {
    description.apply.push_back("link=" + member_of("joined", "SrcName"));
    description.apply.push_back("ip link set dev $link" +
                                (op.mac ? " address " + op.mac->text() : "") + " alias " +
                                shell_word(op.alias));
    description.apply.push_back("ip link set dev $link netns $PID name " + op.interface);
    const ConfigureLink link{.name = op.interface, .ipv6 = has_ipv6(op), .addresses = op.addresses};
    for (auto& command : describe(link).apply) {
        description.apply.push_back(std::move(command));
    }
    for (std::size_t i = 0; i < leases.size(); ++i) {
        description.apply.push_back(in_container("ip address add $" + leases[i]) +
                                    (op.pools[i].ipv6 ? " nodad" : " brd +") + " dev " +
                                    op.interface);
    }
    if (leases.empty() && op.addresses.empty()) {
        description.apply.emplace_back("# and the addresses that CreateEndpoint answered");
    }
}

void describe_routes(const DockerEndpoint& op, Description& description) {
    const std::string metric = op.metric != 0 ? " metric " + std::to_string(op.metric) : "";
    const auto add = [&](const char* key, const char* words) {
        description.apply.push_back(
            "gateway=" + member_of("joined", key) + "; [ -z \"$gateway\" ] || " +
            in_container(std::string("ip ") + words + "route add default via $gateway dev ") +
            op.interface + metric);
    };
    if (op.default_route4) {
        add("Gateway", "");
    }
    if (op.default_route6) {
        add("GatewayIPv6", "-6 ");
    }
    description.apply.emplace_back("# and the StaticRoutes that Join answered");
}

} // namespace

Description describe(const EnsureDockerNetwork& op) {
    if (op.found) {
        return {{"# plugin " + op.plugin.name + " has the network " + op.network + " already"},
                {"# network " + op.network + " stays while others use it"}};
    }
    Description description;
    PrintedPools printed{.pools = own_pools(op), .variables = {}};
    if (op.ipam) {
        printed = describe_pools(op, description);
    }
    description.apply.push_back(
        docker_plugin::printed_call(op.plugin, "NetworkDriver.CreateNetwork",
                                    network_request(op, printed.pools), printed.variables));
    description.undo.insert(description.undo.begin(),
                            docker_plugin::printed_call(op.plugin, "NetworkDriver.DeleteNetwork",
                                                        {{"NetworkID", op.id}}));
    return description;
}

// In the order of EndpointCommands.
Description describe(const DockerEndpoint& op) {
    Description description;
    const auto leases = describe_leases(op, description);
    auto addresses = texts_of(op.addresses);
    for (std::size_t i = 0; i < leases.size(); ++i) {
        addresses.push_back({"$" + leases[i], op.pools[i].ipv6});
    }
    description.apply.push_back(
        printed(op, "CreateEndpoint", endpoint_request(op, addresses), leases));
    description.apply.push_back("joined=$(netns=/proc/$PID/ns/net; " +
                                printed(op, "Join", join_request(op, "$netns"), {"netns"}) + ")");
    describe_link(op, leases, description);
    describe_routes(op, description);
    description.undo.insert(
        description.undo.begin(),
        {printed(op, "Leave", endpoint_ids(op)), printed(op, "DeleteEndpoint", endpoint_ids(op))});
    if (op.publishes) {
        description.apply.push_back(
            printed(op, "ProgramExternalConnectivity", publish_request(op)));
        description.undo.insert(description.undo.begin(),
                                printed(op, "RevokeExternalConnectivity", endpoint_ids(op)));
    }
    return description;
}

} // namespace ocinet::ops
