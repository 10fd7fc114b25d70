// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/network.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "netsetup/base/names.h"
#include "oci-config/json.h"
#include "oci-config/network_options.h"
#include "oci-config/plugin_network.h"

namespace ocinet::oci {

namespace {

constexpr std::size_t max_network_file = 1 << 20;

Route::Type read_route_type(ObjectReader& reader) {
    using enum Route::Type;
    const std::string type = reader.text("route_type").value_or("unicast");
    for (const auto known : {unicast, blackhole, unreachable, prohibit}) {
        if (type == name_of(known)) {
            return known;
        }
    }
    throw reader.wrong("route_type", "\"" + type + "\" is none of unicast, blackhole, " +
                                         "unreachable, prohibit");
}

void read_gateway(ObjectReader& reader, Route& route) {
    if (route.type != Route::Type::unicast) {
        if (reader.member("gateway")) {
            throw reader.wrong("gateway", "a route that leads nowhere has none");
        }
        return;
    }
    route.gateway = read_address(reader, "gateway");
    if (route.gateway->family() != route.destination.address.family()) {
        throw reader.wrong("gateway", route.gateway->text() + " and " + route.destination.text() +
                                          " are of different families");
    }
}

Route read_route(const nlohmann::json& value, const std::string& name) {
    ObjectReader reader(value, name);
    Route route;
    route.destination = read_prefix(reader, "destination");
    route.type = read_route_type(reader);
    read_gateway(reader, route);
    const auto metric = reader.integer("metric").value_or(0);
    if (metric < 0 || metric > UINT32_MAX) {
        throw reader.wrong("metric", "not between 0 and 4294967295");
    }
    route.metric = std::uint32_t(metric);
    reader.refuse_unknown();
    return route;
}

void read_lists(ObjectReader& reader, Network& network) {
    if (const auto* subnets = reader.array("subnets")) {
        for (const auto& item : *subnets) {
            const auto name =
                reader.name() + ": subnets[" + std::to_string(network.subnets.size()) + "]";
            network.subnets.push_back(read_subnet(item, name));
        }
    }
    if (const auto* routes = reader.array("routes")) {
        for (const auto& item : *routes) {
            const auto name =
                reader.name() + ": routes[" + std::to_string(network.routes.size()) + "]";
            network.routes.push_back(read_route(item, name));
        }
    }
}

// A family that is switched on has a subnet; one whose subnet is there is on.
void settle_ipv6(ObjectReader& reader, Network& network) {
    const auto wanted = reader.boolean("ipv6_enabled");
    const bool has_subnet = network.has(AF_INET6);
    if (wanted == false && has_subnet) {
        throw reader.wrong("ipv6_enabled", "false, but the network has an IPv6 subnet");
    }
    if (wanted == true && !has_subnet && network.is_on_parent()) {
        network.slaac = true;
    } else if (wanted == true && !has_subnet) {
        network.subnets.push_back(subnet_of(local_ipv6_subnet(network.name)));
    }
}

void refuse_overlaps(const ObjectReader& reader, const std::vector<Subnet>& subnets) {
    for (std::size_t i = 0; i < subnets.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (subnets[i].subnet.overlaps(subnets[j].subnet)) {
                throw reader.wrong("subnets", subnets[j].subnet.text() + " and " +
                                                  subnets[i].subnet.text() + " overlap");
            }
        }
    }
}

// Keys of Podman's that ask for what is not there yet: silence would be a lie.
void refuse_unsupported(ObjectReader& reader) {
    if (reader.boolean("dns_enabled").value_or(false)) {
        throw reader.wrong("dns_enabled", "not supported yet");
    }
    if (const auto* servers = reader.array("network_dns_servers"); servers && !servers->empty()) {
        throw reader.wrong("network_dns_servers", "not supported yet");
    }
}

// With Podman's names, but for "static", which is CNI's. Where nobody is named, subnets are what
// there is to lease from.
void read_ipam(ObjectReader& reader, Network& network) {
    using enum Network::Ipam;
    const bool may_have_none = network.is_on_parent() || network.netavark || network.docker;
    network.ipam = may_have_none && network.subnets.empty() ? none : leases;
    const auto* ipam = reader.object("ipam_options");
    if (!ipam) {
        return;
    }
    if (network.docker && read_docker_ipam(*ipam, reader.name() + ": ipam_options", network)) {
        return;
    }
    ObjectReader option(*ipam, reader.name() + ": ipam_options");
    const std::string driver = option.text("driver").value_or("host-local");
    option.refuse_unknown();
    if (driver == "host-local") {
        network.ipam = leases;
    } else if (driver == "static") {
        network.ipam = fixed;
    } else if (driver == "none" && may_have_none) {
        network.ipam = none;
    } else if (driver == "dhcp" && network.driver == "macvlan") {
        network.ipam = dhcp;
    } else if (driver == "dhcp" && network.driver == "ipvlan") {
        throw option.wrong("driver", "dhcp: servers tell clients apart by their MAC addresses, and "
                                     "those of an ipvlan are all its parent's");
    } else if (driver == "none" || driver == "dhcp") {
        throw option.wrong("driver", "\"" + driver + "\" is not supported by the driver \"" +
                                         network.driver + "\"");
    } else {
        throw option.wrong("driver",
                           "\"" + driver + "\" is none of host-local, static, none, dhcp");
    }
    const bool needs_subnet = network.ipam == leases || network.ipam == fixed;
    if (!needs_subnet && !network.subnets.empty()) {
        throw option.wrong("driver", driver + ", but the network has subnets");
    }
    if (needs_subnet && network.subnets.empty()) {
        throw option.wrong("driver", driver + " needs a subnet");
    }
}

} // namespace

const char* name_of(Route::Type type) {
    switch (type) {
    case Route::Type::blackhole: return "blackhole";
    case Route::Type::unreachable: return "unreachable";
    case Route::Type::prohibit: return "prohibit";
    case Route::Type::unicast: break;
    }
    return "unicast";
}

bool Network::has(int family) const {
    return (is_unknown() && subnets.empty()) || (family == AF_INET && ipam == Ipam::dhcp) ||
           std::any_of(subnets.begin(), subnets.end(),
                       [&](const Subnet& subnet) { return subnet.gateway.family() == family; });
}

std::string default_interface(const std::string& network, const std::string& prefix) {
    std::string name = prefix + network;
    if (name.size() <= max_interface_name) {
        return name;
    }
    std::array<char, 9> hash{};
    std::snprintf(hash.data(), hash.size(), "%08x", unsigned(stable_hash(network)));
    return prefix + hash.data();
}

std::optional<Network> built_in_network(const std::string& name) {
    Network network;
    network.name = name;
    if (name == "bridge") {
        network.interface = "ocinet0";
        network.subnets.push_back(subnet_of(*Prefix::parse("10.90.0.0/16")));
        return network;
    }
    if (name == "host" || name == "none") {
        network.driver = name;
        return network;
    }
    return std::nullopt;
}

namespace {

void read_own_network(ObjectReader& reader, Network& network) {
    network.interface =
        reader.text("network_interface")
            .value_or(network.is_on_parent() ? "" : default_interface(network.name));
    if (reader.member("network_interface") && !is_interface_name(network.interface)) {
        throw reader.wrong("network_interface",
                           "\"" + network.interface + "\" is not an interface's name");
    }
    network.internal = reader.boolean("internal").value_or(false);
    read_lists(reader, network);
    settle_ipv6(reader, network);
    refuse_overlaps(reader, network.subnets);
    read_ipam(reader, network);
    if (network.driver == "overlay") {
        network.overlay.emplace();
    }
}

Network read_network(const nlohmann::json& json, const std::string& name, const std::string& file) {
    ObjectReader reader(json, file);
    Network network;
    network.name = reader.text("name").value_or(name);
    if (network.name != name) {
        throw reader.wrong("name", "\"" + network.name + "\" is not the file's name");
    }
    network.driver = reader.text("driver").value_or("bridge");
    read_plugin(reader, network);
    if (!network.conflist) { // all else is its plugins' to say
        read_own_network(reader, network);
    }
    const auto* options = reader.object("options");
    if (network.netavark || network.docker) {
        tell_plugin(reader, network);
    } else {
        read_options(options ? *options : nlohmann::json::object(), file + ": options", network);
    }
    if (network.overlay) {
        network.overlay->hosts = read_hosts(reader, network.subnets, network.overlay->control);
    }
    refuse_unsupported(reader);
    for (const auto* key : {"id", "created", "labels"}) {
        reader.ignore(key);
    }
    reader.refuse_unknown();
    return network;
}

} // namespace

Network parse_network(const std::string& text, const std::string& name, const std::string& file) {
    return read_network(parse_json(text, file), name, file);
}

Network load_network(const std::string& name, const std::string& directory) {
    const std::string file = directory + "/" + name + ".json";
    if (const auto text = read_file(file, max_network_file)) {
        auto json = parse_json(*text, file);
        const bool is_open = is_completed(json);
        complete(json, name, completions);
        embed_conflist(json, file);
        Network network = read_network(json, name, file);
        if (network.overlay) {
            network.overlay->is_completed = is_open;
        }
        return network;
    }
    if (auto network = built_in_network(name)) {
        return *network;
    }
    throw Error("no network \"" + name + "\": there is no " + file)
        .hint("networks without a file: bridge, host, none");
}

std::vector<Network> load_networks(const std::vector<Attachment>& attachments,
                                   const std::string& directory) {
    std::vector<Network> networks;
    networks.reserve(attachments.size());
    for (const auto& attachment : attachments) {
        networks.push_back(load_network(attachment.network, directory));
    }
    return networks;
}

} // namespace ocinet::oci
