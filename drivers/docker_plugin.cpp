// SPDX-License-Identifier: GPL-2.0-or-later
// The network driver "docker-plugin": a remote driver of Docker's makes the container's interface,
// with addresses that we lease, that an IPAM plugin of Docker's gives, or that are its own (moby:
// libnetwork/docs/remote.md, ipam.md).
#include <algorithm>
#include <nlohmann/json.hpp>

#include "drivers/driver.h"
#include "drivers/parts/addresses.h"
#include "drivers/parts/container_link.h"
#include "drivers/parts/publish.h"
#include "netsetup/base/error.h"
#include "netsetup/base/names.h"

namespace ocinet::drivers {

namespace {

using nlohmann::json;

const oci::Network::DockerPlugin& plugin_of(const Request& request) {
    return *request.network.docker;
}

bool has_ipam(const Request& request) {
    return !plugin_of(request).ipam.empty();
}

// A pool for each subnet; a plugin may choose one of its own, and a gateway that the file does not
// name.
std::vector<ops::EnsureDockerNetwork::Pool> pools_of(const Request& request) {
    std::vector<ops::EnsureDockerNetwork::Pool> pools;
    for (std::size_t i = 0; i < request.network.subnets.size(); ++i) {
        const oci::Subnet& subnet = request.network.subnets[i];
        pools.push_back({.ipv6 = !subnet.gateway.is_v4(),
                         .subnet = subnet.subnet,
                         .gateway = has_ipam(request) ? plugin_of(request).gateways.at(i)
                                                      : std::optional(subnet.gateway)});
    }
    if (pools.empty() && has_ipam(request)) {
        pools.emplace_back();
    }
    return pools;
}

// Without the way to its plugins, which is looked for on the host.
ops::EnsureDockerNetwork network_of(const Request& request) {
    const auto& plugin = plugin_of(request);
    ops::EnsureDockerNetwork network{.network = request.network.name,
                                     .plugin = {.name = plugin.name},
                                     .id = long_id(request.network.name),
                                     .options = plugin.options,
                                     .ipam_options = plugin.ipam_options,
                                     .pools = pools_of(request)};
    if (has_ipam(request)) {
        network.ipam = docker_plugin::Plugin{.name = plugin.ipam};
    }
    return network;
}

docker_plugin::Plugin found_plugin(const Request& request, const HostView& view, std::size_t index,
                                   const std::string& name) {
    const auto& found = view.docker_plugins.at(index);
    if (!found) {
        throw Error(label(request) + ": there is no plugin " + name)
            .hint(std::string("looked for in ") + docker_plugin::places);
    }
    return *found;
}

// Numbers of protocols: those of IP (IANA).
int protocol_number(const std::string& name) {
    return name == "udp" ? 17 : name == "sctp" ? 132 : 6;
}

// As dockerd tells of ports (moby: libnetwork/netlabel, types.PortBinding), each on its own.
std::string endpoint_options(const std::vector<Publication>& ports) {
    json options = json::object();
    for (const auto& publication : ports) {
        const oci::PortMapping& port = publication.port;
        for (unsigned i = 0; i < port.count; ++i) {
            const json exposed{{"Proto", protocol_number(port.protocol)},
                               {"Port", port.container_port + i}};
            json bound = exposed;
            bound.update({{"IP", ""},
                          {"HostIP", port.host_address ? port.host_address->text() : ""},
                          {"HostPort", port.host_port + i},
                          {"HostPortEnd", port.host_port + i}});
            options["com.docker.network.endpoint.exposedports"].push_back(exposed);
            options["com.docker.network.portmap"].push_back(std::move(bound));
        }
    }
    return options.dump();
}

// With the address that is asked for of each; a pool whose subnet the plugin chooses has any of its
// family.
std::vector<ops::DockerEndpoint::Pool>
leases_of(const Request& request, const ops::EnsureDockerNetwork& network, const HostView& view) {
    std::vector<ops::DockerEndpoint::Pool> leases;
    auto wanted = request.attachment.addresses;
    for (const auto& pool : network.pools) {
        auto& lease = leases.emplace_back();
        lease.ipv6 = pool.ipv6;
        if (view.docker_pools) {
            lease.id = view.docker_pools->at(leases.size() - 1);
        }
        const auto own = std::find_if(wanted.begin(), wanted.end(), [&](const IpAddress& one) {
            return pool.subnet ? pool.subnet->contains(one) : one.is_v4() != pool.ipv6;
        });
        if (own != wanted.end()) {
            lease.wanted = *own;
            wanted.erase(own);
        }
    }
    if (!wanted.empty()) {
        throw Error(label(request) + ": ip=" + wanted.front().text() + ": no pool of plugin " +
                    network.ipam->name + " has another such address");
    }
    return leases;
}

ops::DockerEndpoint endpoint_of(const Request& request, const ops::EnsureDockerNetwork& network,
                                const std::vector<Publication>& ports) {
    NameSource names(request.seed);
    // Some plugins give an address to a MAC address.
    const auto drawn = random_mac(names);
    return {.container = request.container_id,
            .network = request.network.name,
            .interface = request.attachment.interface,
            .alias = link_alias(request.container_id, request.network.name),
            .plugin = network.plugin,
            .ipam = network.ipam,
            .network_id = network.id,
            .id = names.long_id(),
            .mac =
                has_ipam(request) ? request.attachment.mac.value_or(drawn) : request.attachment.mac,
            .default_route4 = request.default_route4,
            .default_route6 = request.default_route6,
            .metric = request.network.metric,
            .options = endpoint_options(ports),
            .publishes = !ports.empty()};
}

} // namespace

HostQuery query_docker_plugin(const Request& request) {
    if (!request.attachment.host_interface.empty()) {
        throw Error(label(request) + ": host_interface_name= means nothing here");
    }
    HostQuery query{.ports = wanted_ports(request),
                    .docker_plugins = {plugin_of(request).name},
                    .docker_network = request.network.name,
                    .docker_definition = definition_of(network_of(request))};
    if (has_ipam(request)) {
        query.docker_plugins.push_back(plugin_of(request).ipam);
    } else {
        query.addresses = wanted_addresses(request);
    }
    return query;
}

Plan plan_docker_plugin(const Request& request, const HostView& view) {
    Plan plan;
    const auto ports = chosen_ports(request, view);
    auto network = network_of(request);
    network.plugin = found_plugin(request, view, 0, plugin_of(request).name);
    network.found = view.docker_pools.has_value();
    if (network.ipam) {
        network.ipam = found_plugin(request, view, 1, plugin_of(request).ipam);
    }
    auto endpoint = endpoint_of(request, network, ports);
    if (network.ipam) {
        endpoint.pools = leases_of(request, network, view);
    } else {
        endpoint.addresses = found_addresses(request, view);
        take_addresses(plan, request, endpoint.addresses);
    }
    claim(plan, request, ports);
    Attached attached{.network = request.network.name,
                      .driver = request.network.driver,
                      .interface = request.attachment.interface,
                      .ports = published_texts(ports)};
    for (const auto& address : endpoint.addresses) {
        attached.addresses.push_back(address.text());
    }
    plan.own.push_back({label(request), ops::RaiseLoopback{}});
    plan.own.push_back({label(request), std::move(network)});
    plan.own.push_back({label(request), std::move(endpoint)});
    plan.attached.push_back(std::move(attached));
    return plan;
}

} // namespace ocinet::drivers
