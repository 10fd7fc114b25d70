// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/network_file.h"

#include <sys/socket.h>

#include <algorithm>
#include <map>
#include <optional>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"
#include "oci-config/subnet.h"

namespace ocinet::cli {

namespace {

using Json = nlohmann::ordered_json;

struct Range {
    IpAddress first;
    IpAddress last;
};

struct WantedSubnet {
    Prefix prefix;
    std::optional<IpAddress> gateway;
    std::optional<Range> range;
};

Error wrong(const char* option, const std::string& value, const std::string& problem) {
    return Error("--" + std::string(option) + " " + value + ": " + problem);
}

struct KeyValue {
    std::string key;
    std::string value;
};

KeyValue parse_key_value(const char* option, const std::string& text) {
    const auto equals = text.find('=');
    if (equals == 0 || text.empty()) {
        throw wrong(option, text, "not KEY=VALUE");
    }
    // As Docker and Podman read a key without a value.
    return equals == std::string::npos ? KeyValue{text, ""}
                                       : KeyValue{text.substr(0, equals), text.substr(equals + 1)};
}

// 10.1.0.0/25, or 10.1.0.10-10.1.0.20: its ends.
Range parse_ip_range(const std::string& text) {
    const auto dash = text.find('-');
    const auto prefix = Prefix::parse(text);
    if (prefix && prefix->address == prefix->network()) {
        return {prefix->address, prefix->last()};
    }
    const auto first = IpAddress::parse(text.substr(0, dash));
    const auto last = IpAddress::parse(dash == std::string::npos ? "" : text.substr(dash + 1));
    if (prefix || !first || !last || first->family() != last->family()) {
        throw wrong("ip-range", text, "neither a prefix like 10.1.0.128/25 nor START-END");
    }
    return {*first, *last};
}

WantedSubnet* subnet_with(std::vector<WantedSubnet>& subnets, const IpAddress& address) {
    const auto found =
        std::find_if(subnets.begin(), subnets.end(),
                     [&](const WantedSubnet& subnet) { return subnet.prefix.contains(address); });
    return found == subnets.end() ? nullptr : &*found;
}

WantedSubnet& required_subnet(std::vector<WantedSubnet>& subnets, const IpAddress& address,
                              const char* option, const std::string& text) {
    WantedSubnet* subnet = subnet_with(subnets, address);
    if (!subnet) {
        throw wrong(option, text,
                    subnets.empty() ? "goes with --subnet, which is missing"
                                    : "in none of the network's subnets");
    }
    return *subnet;
}

// A prefix as a whole holds the subnet's own address and its broadcast address, which are no
// host's: they are left out.
Range trimmed(Range range, const Prefix& subnet) {
    if (range.first == subnet.network()) {
        range.first = range.first.plus(1);
    }
    if (range.last.is_v4() && range.last == subnet.last()) {
        range.last = range.last.plus(std::uint64_t(-1));
    }
    return range;
}

std::vector<WantedSubnet> wanted_subnets(const NetworkOptions& options) {
    std::vector<WantedSubnet> subnets;
    for (const auto& text : options.subnets) {
        const auto prefix = Prefix::parse(text);
        if (!prefix) {
            throw wrong("subnet", text, "not a prefix like 10.1.0.0/24");
        }
        subnets.push_back({.prefix = *prefix});
    }
    for (const auto& text : options.gateways) {
        const auto gateway = IpAddress::parse(text);
        if (!gateway) {
            throw wrong("gateway", text, "not an IP address");
        }
        WantedSubnet& subnet = required_subnet(subnets, *gateway, "gateway", text);
        if (subnet.gateway) {
            throw wrong("gateway", text,
                        subnet.prefix.text() + " has the gateway " + subnet.gateway->text());
        }
        subnet.gateway = gateway;
    }
    for (const auto& text : options.ip_ranges) {
        const Range range = parse_ip_range(text);
        WantedSubnet& subnet = required_subnet(subnets, range.first, "ip-range", text);
        if (subnet.range) {
            throw wrong("ip-range", text, subnet.prefix.text() + " has one already");
        }
        subnet.range = trimmed(range, subnet.prefix);
    }
    return subnets;
}

bool has_family(const std::vector<WantedSubnet>& subnets, int family) {
    return std::any_of(subnets.begin(), subnets.end(), [&](const WantedSubnet& subnet) {
        return subnet.prefix.address.family() == family;
    });
}

Json subnets_json(const std::vector<WantedSubnet>& subnets) {
    auto list = Json::array();
    for (const auto& subnet : subnets) {
        Json one{{"subnet", subnet.prefix.text()}};
        // What has host bits is refused by parse_network(), which shows the right one.
        one["gateway"] = subnet.gateway.value_or(oci::subnet_of(subnet.prefix).gateway).text();
        if (subnet.range) {
            one["lease_range"] = {{"start_ip", subnet.range->first.text()},
                                  {"end_ip", subnet.range->last.text()}};
        }
        list.push_back(std::move(one));
    }
    return list;
}

// DEST,GATEWAY[,METRIC], as Podman takes it.
Json route_json(const std::string& text) {
    const auto parts = split(text, ',');
    if (parts.size() < 2 || parts.size() > 3) {
        throw wrong("route", text, "not DESTINATION,GATEWAY[,METRIC]");
    }
    Json route{{"destination", std::string(parts[0])}, {"gateway", std::string(parts[1])}};
    if (parts.size() == 3) {
        const auto metric = parse_number(parts[2], 0, UINT32_MAX);
        if (!metric) {
            throw wrong("route", text, "its metric is not between 0 and 4294967295");
        }
        route["metric"] = *metric;
    }
    return route;
}

// Docker's names of options that Podman's files call otherwise.
std::string own_name(const std::string& key) {
    static const std::map<std::string, std::string> names = {
        {"com.docker.network.driver.mtu", "mtu"},
        {"com.docker.network.bridge.enable_icc", "icc"},
        {"com.docker.network.driver.overlay.vxlanid_list", "vni"},
        {"macvlan_mode", "mode"},
        {"ipvlan_mode", "mode"},
        {"ipvlan_flag", "flag"}};
    const auto found = names.find(key);
    return found == names.end() ? key : found->second;
}

// The bridge's name, or the parent's, is no option in a network's file.
bool is_interface(const std::string& key) {
    return key == "com.docker.network.bridge.name" || key == "parent";
}

void put_once(Json& object, const KeyValue& one, const char* option) {
    if (object.contains(one.key)) {
        throw Error("--" + std::string(option) + " " + one.key + " is given twice");
    }
    object[one.key] = one.value;
}

struct Options {
    Json object = Json::object();
    std::string interface;
};

Options parse_options(const NetworkOptions& options) {
    Options parsed{.interface = options.interface};
    for (const auto& text : options.options) {
        auto one = parse_key_value("opt", text);
        if (is_interface(one.key)) {
            if (!parsed.interface.empty() && parsed.interface != one.value) {
                throw wrong("opt", text, "the interface is to be " + parsed.interface);
            }
            parsed.interface = one.value;
            continue;
        }
        one.key = own_name(one.key);
        if (one.key == "encrypted" && one.value.empty()) {
            one.value = "true"; // as Docker takes it
        }
        put_once(parsed.object, one, "opt");
    }
    return parsed;
}

void choose_subnets(std::vector<WantedSubnet>& subnets, const NetworkOptions& options,
                    const Options& parsed, const std::function<Prefix(int family)>& free_subnet) {
    if (options.driver == "overlay" && options.ipv6 && !has_family(subnets, AF_INET6)) {
        throw Error("an overlay has no IPv6 subnet that is not named")
            .hint("--subnet fd00:95::/64, on all its hosts or on none");
    }
    // Of another driver's network the subnet is that of the LAN, or nobody's business.
    if (options.driver != "bridge") {
        return;
    }
    const auto mode = parsed.object.find("mode");
    if (mode != parsed.object.end() && *mode == "unmanaged" && subnets.empty()) {
        throw Error("an unmanaged network has the subnet of its operator's bridge")
            .hint("name it with --subnet, and the bridge with --interface-name");
    }
    if (subnets.empty()) {
        subnets.push_back({.prefix = free_subnet(AF_INET)});
    }
    if (options.ipv6 && !has_family(subnets, AF_INET6)) {
        subnets.push_back({.prefix = free_subnet(AF_INET6)});
    }
}

} // namespace

Json network_json(const NetworkOptions& options,
                  const std::function<Prefix(int family)>& free_subnet) {
    auto subnets = wanted_subnets(options);
    const Options parsed = parse_options(options);
    choose_subnets(subnets, options, parsed, free_subnet);
    Json json{{"name", options.name}, {"driver", options.driver}};
    if (!parsed.interface.empty()) {
        json["network_interface"] = parsed.interface;
    }
    if (!subnets.empty()) {
        json["subnets"] = subnets_json(subnets);
    }
    if (!options.routes.empty()) {
        json["routes"] = Json::array();
        for (const auto& text : options.routes) {
            json["routes"].push_back(route_json(text));
        }
    }
    if (options.driver != "overlay" || !subnets.empty()) { // else it is as etcd has it
        json["ipv6_enabled"] = options.ipv6 || has_family(subnets, AF_INET6);
    }
    json["internal"] = options.internal;
    if (options.disable_dns) {
        json["dns_enabled"] = false;
    }
    auto labels = Json::object();
    for (const auto& text : options.labels) {
        const auto one = parse_key_value("label", text);
        labels[one.key] = one.value;
    }
    if (!labels.empty()) {
        json["labels"] = std::move(labels);
    }
    if (!parsed.object.empty()) {
        json["options"] = parsed.object;
    }
    if (!options.ipam_driver.empty()) {
        json["ipam_options"] = {{"driver", options.ipam_driver}};
    }
    return json;
}

} // namespace ocinet::cli
