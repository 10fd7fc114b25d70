// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/attachments.h"

#include <sys/socket.h>

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
    for (const auto& route : items_of(result, "routes")) {
        const auto destination = value_in<Prefix>(route, "dst");
        if (destination && destination->length == 0 && destination->address.family() == family) {
            return true;
        }
    }
    return false;
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
    for (const auto& link : items_of(result, "interfaces")) {
        const bool is_inside = link.contains("sandbox") && link["sandbox"] != "";
        const auto mac = value_in<Mac>(link, "mac");
        if (is_inside && mac && link.value("name", json()) == attached.interface) {
            attached.mac = mac->text();
        }
    }
    for (const auto& ip : items_of(result, "ips")) {
        const auto address = value_in<Prefix>(ip, "address");
        if (!address) {
            continue;
        }
        attached.addresses.push_back(address->text());
        const auto gateway = value_in<IpAddress>(ip, "gateway");
        if (gateway && leads_by_default(result, gateway->family())) {
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
