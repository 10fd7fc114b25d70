// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/network.h"

#include <array>
#include <cstdio>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "netsetup/base/names.h"
#include "netsetup/base/text.h"
#include "oci-config/json.h"

namespace ocinet::oci {

namespace {

constexpr std::size_t max_network_file = 1 << 20;
constexpr unsigned least_mtu = 68; // RFC 791: every host must take 68 octets unfragmented
constexpr unsigned most_mtu = 65535;

IpAddress read_address(ObjectReader& reader, const std::string& key) {
    const auto text = reader.text(key);
    const auto address = IpAddress::parse(text.value_or(""));
    if (!address || !address->is_v4()) {
        throw reader.wrong(key, "\"" + text.value_or("") + "\" is not an IPv4 address");
    }
    return *address;
}

Prefix read_prefix(ObjectReader& reader, const std::string& key) {
    const auto text = reader.text(key);
    const auto prefix = Prefix::parse(text.value_or(""));
    if (!prefix || !prefix->address.is_v4()) {
        throw reader.wrong(key,
                           "\"" + text.value_or("") + "\" is not an IPv4 prefix like 10.1.0.0/24");
    }
    if (prefix->address != prefix->network()) {
        throw reader.wrong(key, "\"" + *text + "\" has host bits set; the network is " +
                                    prefix->network().text());
    }
    return *prefix;
}

IpAddress read_inside(ObjectReader& reader, const std::string& key, const Prefix& subnet) {
    const IpAddress address = read_address(reader, key);
    if (!subnet.contains(address) || address == subnet.network() || address == subnet.last()) {
        throw reader.wrong(key, address.text() + " is not a host's address in " + subnet.text());
    }
    return address;
}

Subnet default_ranges(const Prefix& prefix) {
    return Subnet{.subnet = prefix,
                  .gateway = prefix.network().plus(1),
                  .lease_first = prefix.network().plus(1),
                  .lease_last = prefix.last().plus(std::uint64_t(-1))};
}

Subnet read_subnet(const nlohmann::json& value, const std::string& name) {
    ObjectReader reader(value, name);
    const Prefix prefix = read_prefix(reader, "subnet");
    if (prefix.length < 8 || prefix.length > 30) {
        throw reader.wrong("subnet", prefix.text() + " must be between /8 and /30");
    }
    if (prefix.address.is_loopback() || prefix.address.is_multicast() || prefix.address.is_any()) {
        throw reader.wrong("subnet", prefix.text() + " is not a subnet for hosts");
    }
    Subnet subnet = default_ranges(prefix);
    if (reader.member("gateway")) {
        subnet.gateway = read_inside(reader, "gateway", prefix);
    }
    if (const auto* range = reader.object("lease_range")) {
        ObjectReader ends(*range, reader.name() + ".lease_range");
        if (ends.member("start_ip")) {
            subnet.lease_first = read_inside(ends, "start_ip", prefix);
        }
        if (ends.member("end_ip")) {
            subnet.lease_last = read_inside(ends, "end_ip", prefix);
        }
        ends.refuse_unknown();
    }
    if (subnet.lease_last < subnet.lease_first) {
        throw reader.wrong("lease_range", "ends before it starts");
    }
    reader.refuse_unknown();
    return subnet;
}

Route read_route(const nlohmann::json& value, const std::string& name) {
    ObjectReader reader(value, name);
    Route route;
    route.destination = read_prefix(reader, "destination");
    route.gateway = read_address(reader, "gateway");
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

void read_options(ObjectReader& reader, Network& network) {
    const auto* options = reader.object("options");
    if (!options) {
        return;
    }
    // Podman writes every option's value as a string.
    ObjectReader option(*options, reader.name() + ": options");
    if (const auto text = option.text("mtu")) {
        const auto mtu = parse_number(*text, least_mtu, most_mtu);
        if (!mtu) {
            throw option.wrong("mtu", "\"" + *text + "\" is not between 68 and 65535");
        }
        network.mtu = unsigned(*mtu);
    }
    option.refuse_unknown();
}

// Keys of Podman's that ask for what is not there yet: silence would be a lie.
void refuse_unsupported(ObjectReader& reader) {
    for (const auto* key : {"ipv6_enabled", "dns_enabled"}) {
        if (reader.boolean(key).value_or(false)) {
            throw reader.wrong(key, "not supported yet");
        }
    }
    if (const auto* servers = reader.array("network_dns_servers"); servers && !servers->empty()) {
        throw reader.wrong("network_dns_servers", "not supported yet");
    }
    if (const auto* ipam = reader.object("ipam_options")) {
        ObjectReader option(*ipam, reader.name() + ": ipam_options");
        if (option.text("driver").value_or("host-local") != "host-local") {
            throw option.wrong("driver", "only host-local is supported yet");
        }
        option.refuse_unknown();
    }
}

// FNV-1a, for a name that is too long for an interface's.
std::uint32_t hash_of(const std::string& text) {
    std::uint32_t hash = 2166136261U;
    for (const char c : text) {
        hash = (hash ^ std::uint8_t(c)) * 16777619U;
    }
    return hash;
}

std::string default_interface(const std::string& network) {
    std::string name = "oc-" + network;
    if (name.size() <= max_interface_name) {
        return name;
    }
    std::array<char, 16> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "oc-%08x", hash_of(network));
    return buffer.data();
}

} // namespace

std::optional<Network> built_in_network(const std::string& name) {
    Network network;
    network.name = name;
    if (name == "bridge") {
        network.interface = "ocinet0";
        network.subnets.push_back(default_ranges(*Prefix::parse("10.90.0.0/16")));
        return network;
    }
    if (name == "host" || name == "none") {
        network.driver = name;
        return network;
    }
    return std::nullopt;
}

Network parse_network(const std::string& text, const std::string& name, const std::string& file) {
    const auto json = parse_json(text, file);
    ObjectReader reader(json, file);
    Network network;
    network.name = reader.text("name").value_or(name);
    if (network.name != name) {
        throw reader.wrong("name", "\"" + network.name + "\" is not the file's name");
    }
    network.driver = reader.text("driver").value_or("bridge");
    network.interface = reader.text("network_interface").value_or(default_interface(name));
    if (!is_interface_name(network.interface)) {
        throw reader.wrong("network_interface",
                           "\"" + network.interface + "\" is not an interface's name");
    }
    network.internal = reader.boolean("internal").value_or(false);
    read_lists(reader, network);
    read_options(reader, network);
    refuse_unsupported(reader);
    for (const auto* key : {"id", "created", "labels"}) {
        reader.ignore(key);
    }
    reader.refuse_unknown();
    return network;
}

Network load_network(const std::string& name, const std::string& directory) {
    const std::string file = directory + "/" + name + ".json";
    if (const auto text = read_file(file, max_network_file)) {
        return parse_network(*text, name, file);
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
