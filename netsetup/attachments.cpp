// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/attachments.h"

#include <sys/socket.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "netsetup/base/json_text.h"
#include "netsetup/state/dhcp_leases.h"
#include "netsetup/state/results.h"

namespace ocinet {

namespace {

using nlohmann::json;

std::vector<json> items_of(const json& result, const char* key) {
    std::vector<json> items;
    const auto found = result.find(key);
    if (found != result.end() && found->is_array()) {
        for (const auto& item : *found) {
            if (item.is_object()) {
                items.push_back(item);
            }
        }
    }
    return items;
}

template <typename Value>
std::optional<Value> value_in(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? Value::parse(found->get<std::string>())
                                                       : std::optional<Value>();
}

bool leads_by_default(const json& result, int family) {
    const auto routes = items_of(result, "routes");
    return std::any_of(routes.begin(), routes.end(), [&](const json& route) {
        const auto destination = value_in<Prefix>(route, "dst");
        return destination && destination->length == 0 && destination->address.family() == family;
    });
}

// A link of the host's has no sandbox, or an empty one.
bool is_inside(const json& link) {
    const auto sandbox = link.find("sandbox");
    return sandbox != link.end() && sandbox->is_string() &&
           !sandbox->get_ref<const std::string&>().empty();
}

// {"eth0": {"mac_address": …, "subnets": [{"ipnet": …, "gateway": …}]}}
void add_status_block(Attached& attached, const json& interfaces) {
    const auto found = interfaces.find(attached.interface);
    if (found == interfaces.end() || !found->is_object()) {
        return;
    }
    if (const auto mac = value_in<Mac>(*found, "mac_address")) {
        attached.mac = mac->text();
    }
    std::vector<std::string> addresses; // those that were leased for it, too
    for (const auto& subnet : items_of(*found, "subnets")) {
        if (const auto address = value_in<Prefix>(subnet, "ipnet")) {
            addresses.push_back(address->text());
        }
        if (const auto gateway = value_in<IpAddress>(subnet, "gateway")) {
            attached.gateways.push_back(gateway->text());
        }
    }
    attached.addresses = std::move(addresses);
}

void add_lease(Attached& attached, const state::DhcpLease& lease) {
    attached.addresses.push_back(lease.address->text());
    for (const auto& route : lease.routes) {
        if (route.destination.length == 0 && route.gateway) {
            attached.gateways.push_back(route.gateway->text());
        }
    }
}

} // namespace

void add_result(Attached& attached, const std::string& text) {
    const json result = parse_object(text);
    if (result.is_null()) {
        return;
    }
    const auto interfaces = result.find("interfaces");
    if (interfaces != result.end() && interfaces->is_object()) {
        add_status_block(attached, *interfaces);
        return;
    }
    for (const auto& link : items_of(result, "interfaces")) {
        const auto mac = value_in<Mac>(link, "mac");
        if (is_inside(link) && mac && link.value("name", json()) == attached.interface) {
            attached.mac = mac->text();
        }
    }
    const bool has_default4 = leads_by_default(result, AF_INET);
    const bool has_default6 = leads_by_default(result, AF_INET6);
    for (const auto& ip : items_of(result, "ips")) {
        const auto address = value_in<Prefix>(ip, "address");
        if (!address) {
            continue;
        }
        attached.addresses.push_back(address->text());
        const auto gateway = value_in<IpAddress>(ip, "gateway");
        if (gateway && (gateway->is_v4() ? has_default4 : has_default6)) {
            attached.gateways.push_back(gateway->text());
        }
    }
}

std::vector<Attached> attachments_of(const state::Directory& directory, const Record& record) {
    const std::string& holder = record.joined.empty() ? record.id : record.joined;
    auto attachments = record.plan.attached;
    for (auto& attached : attachments) {
        const auto lease = state::read_dhcp_lease(directory, holder, attached.interface);
        if (lease && lease->address) {
            add_lease(attached, *lease);
        }
        if (const auto result = state::read_result(directory, holder, attached.interface)) {
            add_result(attached, *result);
        }
    }
    return attachments;
}

} // namespace ocinet
