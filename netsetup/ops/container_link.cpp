// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/container_link.h"

#include <algorithm>

#include "netsetup/json.h"
#include "netsetup/link.h"
#include "netsetup/sysctl.h"

namespace ocinet::ops {

OCINET_JSON(ConfigureLink::Route, destination, gateway, metric)
OCINET_JSON(ConfigureLink, name, addresses, routes)

void to_json(nlohmann::json& json, const RaiseLoopback&) {
    json = nlohmann::json::object();
}
void from_json(const nlohmann::json&, RaiseLoopback&) {}

namespace {

const std::string in_container = "nsenter -t $PID -n ";

link::Link required_link(Context& context, const std::string& name) {
    const auto found = link::find(context.container->route, name);
    if (!found) {
        throw Error("the container has no interface " + name);
    }
    return *found;
}

} // namespace

// --- RaiseLoopback

Description describe(const RaiseLoopback&) {
    return {{in_container + "ip link set dev lo up"}, {"# lo stays up"}};
}

Needs needs(const RaiseLoopback&) {
    return {.container = true};
}

void apply(const RaiseLoopback&, Context& context) {
    context.container->route.send(link::raise("lo"));
}

void undo(const RaiseLoopback&, Context&, Undo) {}

std::vector<std::string> check(const RaiseLoopback&, Context& context) {
    Differences differences;
    differences.expect(required_link(context, "lo").up, "the container's lo is down");
    return std::move(differences).list();
}

// --- ConfigureLink

Description describe(const ConfigureLink& op) {
    Description description;
    description.apply = {
        in_container + sysctl::command("ipv6", op.name, "disable_ipv6", "1"),
        in_container + "ip link set dev " + op.name + " up",
    };
    for (const auto& address : op.addresses) {
        description.apply.push_back(in_container + "ip address add " + address.text() +
                                    " brd + dev " + op.name);
    }
    for (const auto& route : op.routes) {
        description.apply.push_back(
            in_container + "ip route add " +
            (route.destination.length == 0 ? "default" : route.destination.text()) + " via " +
            route.gateway.text() + " dev " + op.name +
            (route.metric != 0 ? " metric " + std::to_string(route.metric) : ""));
    }
    description.undo = {"# addresses and routes go with " + op.name};
    return description;
}

Needs needs(const ConfigureLink&) {
    return {.container = true};
}

void apply(const ConfigureLink& op, Context& context) {
    const int index = required_link(context, op.name).index;
    sysctl::disable_ipv6(context.container->ipv6_conf.get(), op.name);
    std::vector<netlink::Message> messages;
    int command = 1;
    messages.push_back(link::raise(op.name));
    messages.back().command(command++);
    for (const auto& address : op.addresses) {
        messages.push_back(link::add_address(index, address));
        messages.back().command(command++);
    }
    for (const auto& route : op.routes) {
        messages.push_back(link::add_route(index, route.destination, route.gateway, route.metric));
        messages.back().command(command++);
    }
    context.container->route.send(messages);
}

void undo(const ConfigureLink&, Context&, Undo) {}

std::vector<std::string> check(const ConfigureLink& op, Context& context) {
    const auto link = link::find(context.container->route, op.name);
    if (!link) {
        return {"the container has no interface " + op.name};
    }
    const link::Link& found = *link;
    Differences differences;
    differences.expect(found.up, "the container's " + op.name + " is down");
    differences.expect(found.ipv6_disabled, "the container's " + op.name + " has IPv6 switched on");
    const auto addresses = link::addresses(context.container->route, found.index);
    for (const auto& address : op.addresses) {
        differences.expect(std::find(addresses.begin(), addresses.end(), address) !=
                               addresses.end(),
                           "the container's " + op.name + " lacks address " + address.text());
    }
    for (const auto& route : op.routes) {
        differences.expect(link::has_route(context.container->route, found.index, route.destination,
                                           route.gateway),
                           "the container lacks the route to " + route.destination.text());
    }
    return std::move(differences).list();
}

} // namespace ocinet::ops
