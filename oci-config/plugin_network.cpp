// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/plugin_network.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "netsetup/base/names.h"

namespace ocinet::oci {

namespace {

using nlohmann::json;

void read_chain(ObjectReader& reader, Network& network) {
    const auto* list = reader.object("conflist");
    if (!list) {
        throw reader.wrong("conflist", "missing: a network of the driver cni has one")
            .hint(
                "a CNI network configuration list, or the absolute path of a file that holds one");
    }
    network.conflist = read_conflist(*list, network.name, reader.name() + ": conflist");
}

std::string read_name(ObjectReader& reader) {
    const std::string name = reader.text("plugin").value_or("");
    if (!is_network_name(name)) {
        throw reader.wrong("plugin", "\"" + name + "\" is no plugin's name");
    }
    return name;
}

// The file as Podman would have it: what a netavark plugin must find in it is there.
std::string definition_of(const json& file, const Network& network) {
    json definition{
        {"id", long_id(network.name)},
        {"internal", false},
        {"ipv6_enabled", network.has(AF_INET6)},
        {"dns_enabled", false},
        {"ipam_options", {{"driver", network.subnets.empty() ? "none" : "host-local"}}}};
    definition.update(file);
    definition.erase("plugin");
    definition["name"] = network.name;
    definition["driver"] = network.netavark->name;
    return definition.dump();
}

bool has_lease_ranges(const Network& network) {
    return std::any_of(network.subnets.begin(), network.subnets.end(), [](const Subnet& subnet) {
        const Subnet whole = subnet_of(subnet.subnet);
        return subnet.lease_first != whole.lease_first || subnet.lease_last != whole.lease_last;
    });
}

json texts_in(const json& object, const std::string& name) {
    for (const auto& [key, value] : object.items()) {
        if (!value.is_string()) {
            throw Error(name + ": " + key + ": not a string");
        }
    }
    return object;
}

// As dockerd tells of a network (moby: libnetwork/netlabel).
std::string docker_options(ObjectReader& reader, const Network& network) {
    for (const char* key : {"network_interface", "routes"}) {
        if (reader.member(key)) {
            throw reader.wrong(key, "that is for the plugin to say, and has a name of its own "
                                    "among its options");
        }
    }
    const bool has_ipv6 = std::any_of(network.subnets.begin(), network.subnets.end(),
                                      [](const Subnet& subnet) { return !subnet.gateway.is_v4(); });
    const auto* own = reader.object("options");
    json options{{"com.docker.network.enable_ipv6", has_ipv6},
                 {"com.docker.network.generic",
                  own ? texts_in(*own, reader.name() + ": options") : json::object()}};
    if (network.internal) {
        options["com.docker.network.internal"] = true;
    }
    return options.dump();
}

std::vector<std::optional<IpAddress>> named_gateways(ObjectReader& reader, const Network& network) {
    std::vector<std::optional<IpAddress>> gateways;
    const auto* subnets = reader.array("subnets");
    for (std::size_t i = 0; i < network.subnets.size(); ++i) {
        const bool is_named = subnets && i < subnets->size() && (*subnets)[i].contains("gateway");
        gateways.push_back(is_named ? std::optional(network.subnets[i].gateway) : std::nullopt);
    }
    return gateways;
}

} // namespace

void read_plugin(ObjectReader& reader, Network& network) {
    if (network.driver == "cni") {
        read_chain(reader, network);
    } else if (network.driver == "netavark-plugin") {
        network.netavark = {.name = read_name(reader)};
    } else if (network.driver == "docker-plugin") {
        network.docker = {.name = read_name(reader)};
    }
}

void tell_plugin(ObjectReader& reader, Network& network) {
    if (network.netavark) {
        network.netavark->definition = definition_of(reader.value(), network);
    } else {
        network.docker->options = docker_options(reader, network);
        network.docker->gateways = named_gateways(reader, network);
    }
}

bool read_docker_ipam(const json& value, const std::string& name, Network& network) {
    ObjectReader option(value, name);
    const std::string driver = option.text("driver").value_or("host-local");
    constexpr std::array ours{"host-local", "static", "none", "dhcp"};
    if (std::find(ours.begin(), ours.end(), driver) != ours.end()) {
        return false;
    }
    if (!is_network_name(driver)) {
        throw option.wrong("driver", "\"" + driver + "\" is no plugin's name");
    }
    if (has_lease_ranges(network)) {
        throw option.wrong("driver", driver + " gives the addresses: it heeds no lease_range");
    }
    json options = texts_in(value, name);
    options.erase("driver");
    network.docker->ipam = driver;
    network.docker->ipam_options = options.dump();
    network.ipam = Network::Ipam::none;
    return true;
}

} // namespace ocinet::oci
