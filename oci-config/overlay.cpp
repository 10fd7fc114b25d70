// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/overlay.h"

#include <algorithm>
#include <bit>
#include <set>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "netsetup/base/text.h"
#include "oci-config/json.h"

namespace ocinet::oci {

namespace {

using Host = Overlay::Host;
using Endpoint = Overlay::Endpoint;

constexpr std::size_t largest_completion = 1 << 20;

const Subnet* subnet_with(const std::vector<Subnet>& subnets, const Prefix& range) {
    const auto found = std::find_if(subnets.begin(), subnets.end(), [&](const Subnet& one) {
        return one.subnet.contains(range.address) && one.subnet.length <= range.length;
    });
    return found == subnets.end() ? nullptr : &*found;
}

std::string numbered(const ObjectReader& reader, const std::string& key, std::size_t index) {
    return reader.name() + "." + key + "[" + std::to_string(index) + "]";
}

std::optional<Prefix> parse_range(const std::string& text) {
    const auto range = Prefix::parse(text);
    return range && range->address == range->network() ? range : std::nullopt;
}

std::vector<Prefix> read_ranges(ObjectReader& reader, const std::vector<Subnet>& subnets) {
    std::vector<Prefix> ranges;
    const auto listed = read_list(reader, "ranges", "a prefix like 10.1.0.0/24", parse_range);
    for (const auto& range : listed.value_or(ranges)) {
        const Subnet* subnet = subnet_with(subnets, range);
        if (!subnet) {
            throw reader.wrong("ranges", range.text() + " lies in none of the network's subnets");
        }
        if (range.last() < subnet->lease_first || subnet->lease_last < range.address) {
            throw reader.wrong("ranges", range.text() + " has no address that may be given out");
        }
        for (const auto& other : ranges) {
            if (other.overlaps(range)) {
                throw reader.wrong("ranges", other.text() + " and " + range.text() + " overlap");
            }
        }
        ranges.push_back(range);
    }
    return ranges;
}

// Where its packets may go: to a container of that host.
void check_endpoint_address(const ObjectReader& reader, const IpAddress& address,
                            const std::vector<Prefix>& ranges, const std::vector<Subnet>& subnets) {
    const bool in_range = std::any_of(ranges.begin(), ranges.end(),
                                      [&](const Prefix& one) { return one.contains(address); });
    const bool is_host = std::any_of(subnets.begin(), subnets.end(), [&](const Subnet& one) {
        return is_host_address(address, one.subnet) && address != one.gateway;
    });
    if (!in_range || !is_host) {
        throw reader.wrong("addresses", address.text() + " is no container's of this host");
    }
}

Endpoint read_endpoint(const nlohmann::json& value, const std::string& name,
                       const std::vector<Prefix>& ranges, const std::vector<Subnet>& subnets) {
    ObjectReader reader(value, name);
    Endpoint endpoint;
    endpoint.addresses = read_list(reader, "addresses", "an IP address", IpAddress::parse)
                             .value_or(endpoint.addresses);
    for (const auto& address : endpoint.addresses) {
        check_endpoint_address(reader, address, ranges, subnets);
    }
    if (endpoint.addresses.empty()) {
        throw reader.wrong("addresses", "an endpoint has one at least");
    }
    if (const auto text = reader.text("mac")) {
        endpoint.mac = Mac::parse(*text);
        if (!endpoint.mac || endpoint.mac->is_multicast() || *endpoint.mac == Mac()) {
            throw reader.wrong("mac", "\"" + *text + "\" is no interface's MAC address");
        }
    }
    reader.refuse_unknown();
    return endpoint;
}

// The ranges of two hosts do not overlap, so that no two of theirs are one.
void refuse_addresses_twice(const ObjectReader& reader, const std::vector<Endpoint>& endpoints) {
    std::set<IpAddress> seen;
    for (const auto& endpoint : endpoints) {
        for (const auto& address : endpoint.addresses) {
            if (!seen.insert(address).second) {
                throw reader.wrong("endpoints", "two have " + address.text());
            }
        }
    }
}

Host read_host(const nlohmann::json& value, const std::string& name,
               const std::vector<Subnet>& subnets) {
    ObjectReader reader(value, name);
    Host host{.name = reader.text("name").value_or(""), .address = read_address(reader, "address")};
    if (host.name.empty()) {
        throw reader.wrong("name", "a host has one");
    }
    if (host.address.is_any() || host.address.is_loopback() || host.address.is_multicast()) {
        throw reader.wrong("address", host.address.text() + " is no host's");
    }
    host.ranges = read_ranges(reader, subnets);
    static const auto none = nlohmann::json::array();
    const auto* endpoints = reader.array("endpoints");
    for (const auto& item : endpoints ? *endpoints : none) {
        host.endpoints.push_back(read_endpoint(
            item, numbered(reader, "endpoints", host.endpoints.size()), host.ranges, subnets));
    }
    refuse_addresses_twice(reader, host.endpoints);
    reader.refuse_unknown();
    return host;
}

void refuse_what_two_have(const ObjectReader& reader, const Host& one, const Host& other) {
    const std::string both = "\"" + other.name + "\" and \"" + one.name + "\"";
    if (one.name == other.name) {
        throw reader.wrong("hosts", "two are called \"" + one.name + "\"");
    }
    if (one.address == other.address) {
        throw reader.wrong("hosts", both + " have the address " + one.address.text());
    }
    if (one.address.family() != other.address.family()) {
        throw reader.wrong("hosts", "the addresses of " + both + " are of different families");
    }
    for (const auto& mine : one.ranges) {
        for (const auto& theirs : other.ranges) {
            if (mine.overlaps(theirs)) {
                throw reader.wrong("hosts", "the ranges " + theirs.text() + " and " + mine.text() +
                                                " of " + both + " overlap");
            }
        }
    }
}

} // namespace

bool gives(const Overlay::Host& host, const IpAddress& address) {
    return std::any_of(host.ranges.begin(), host.ranges.end(),
                       [&](const Prefix& range) { return range.contains(address); });
}

bool is_block_size(std::uint64_t size) {
    return size >= smallest_block && size <= largest_block && std::has_single_bit(size);
}

std::optional<Overlay::Control> parse_control(std::string_view text) {
    for (const auto control :
         {Overlay::Control::file, Overlay::Control::etcd, Overlay::Control::evpn}) {
        if (name_of(control) == text) {
            return control;
        }
    }
    return std::nullopt;
}

std::string name_of(Overlay::Control control) {
    switch (control) {
    case Overlay::Control::file: return "static";
    case Overlay::Control::etcd: return "etcd";
    case Overlay::Control::evpn: return "evpn";
    }
    return "";
}

bool is_completed(const nlohmann::json& file) {
    if (!file.is_object() || file.value("driver", nlohmann::json()) != "overlay") {
        return false;
    }
    const auto options = file.value("options", nlohmann::json());
    const auto control =
        options.is_object() ? options.value("control", nlohmann::json()) : nlohmann::json();
    return control == "etcd" || (control == "evpn" && !file.contains("hosts"));
}

namespace {

std::vector<Subnet> subnets_in(const nlohmann::json& list, const std::string& name) {
    std::vector<Subnet> subnets;
    for (const auto& item : list) {
        subnets.push_back(
            read_subnet(item, name + ": subnets[" + std::to_string(subnets.size()) + "]"));
    }
    return subnets;
}

// Numbers are equal however they are written.
bool says_the_same(const std::string& one, const std::string& other) {
    const auto number = parse_number(one, 0, UINT32_MAX);
    return one == other || (number && number == parse_number(other, 0, UINT32_MAX));
}

// The first key in which a network's file says something else than etcd does; empty: none.
std::string contradiction(ObjectReader& file, ObjectReader& completion) {
    const auto* here = file.array("subnets");
    const auto* there = completion.array("subnets");
    if (here && there && !here->empty() &&
        subnets_in(*here, file.name()) != subnets_in(*there, completion.name())) {
        return "subnets";
    }
    ObjectReader option(*file.object("options"), file.name() + ": options");
    for (const char* key : {"vni", "port", "encrypted"}) {
        const auto wanted = option.text(key);
        if (wanted && !says_the_same(*wanted, completion.text(key).value_or(""))) {
            return std::string("options: ") + key;
        }
    }
    return "";
}

} // namespace

void complete(nlohmann::json& file, const std::string& name, const std::string& directory) {
    if (!is_completed(file)) {
        return;
    }
    if (file.contains("hosts")) {
        throw Error("network \"" + name +
                    "\" (overlay): hosts: with control=etcd they are in etcd");
    }
    const std::string path = directory + "/" + name + ".json";
    const auto text = read_file(path, largest_completion);
    if (!text) {
        throw Error("network \"" + name + "\" (overlay): nothing is known from etcd of it yet")
            .hint("ocinet-overlay brings it: does it run, and what does it say?");
    }
    const auto completion = parse_json(*text, path);
    ObjectReader reader(completion, path);
    ObjectReader own(file, "network \"" + name + "\" (overlay)");
    if (const auto key = contradiction(own, reader); !key.empty()) {
        throw own.wrong(key, "etcd has another for this network")
            .hint("what stands in etcd holds for all hosts: say the same here, or nothing");
    }
    for (const char* key : {"subnets", "hosts"}) {
        const auto* member = reader.array(key);
        file[key] = member ? *member : nlohmann::json::array();
    }
    for (const char* key : {"vni", "port", "encrypted"}) {
        file["options"][key] = reader.text(key).value_or("");
    }
    reader.refuse_unknown();
}

std::vector<Host> read_hosts(ObjectReader& reader, const std::vector<Subnet>& subnets,
                             Overlay::Control control) {
    if (subnets.empty()) {
        throw reader.wrong("subnets", "an overlay network has one at least");
    }
    std::vector<Host> hosts;
    const auto* array = reader.array("hosts");
    if (!array || array->empty()) {
        throw reader.wrong("hosts", "an overlay network names its hosts");
    }
    for (const auto& item : *array) {
        const Host host = read_host(
            item, reader.name() + ": hosts[" + std::to_string(hosts.size()) + "]", subnets);
        for (const auto& other : hosts) {
            refuse_what_two_have(reader, host, other);
        }
        if (control == Overlay::Control::evpn && !host.endpoints.empty()) {
            throw reader.wrong("hosts", "\"" + host.name +
                                            "\" names endpoints: with control=evpn the hosts' "
                                            "routing daemons find them");
        }
        hosts.push_back(host);
    }
    return hosts;
}

} // namespace ocinet::oci
