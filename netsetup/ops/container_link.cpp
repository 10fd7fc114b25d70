// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/container_link.h"

#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "netsetup/json.h"
#include "netsetup/link.h"
#include "netsetup/ops/in_use.h"
#include "netsetup/routes.h"
#include "netsetup/sysctl.h"

namespace ocinet::ops {

void to_json(nlohmann::json& json, const ConfigureLink::Route& route) {
    json = {{"destination", route.destination}, {"metric", route.metric}, {"type", route.type}};
    if (route.gateway) {
        json["gateway"] = *route.gateway;
    }
}
void from_json(const nlohmann::json& json, ConfigureLink::Route& route) {
    json.at("destination").get_to(route.destination);
    read_member(json, "metric", route.metric);
    json.at("type").get_to(route.type);
    if (json.contains("gateway")) {
        route.gateway = json["gateway"].get<IpAddress>();
    }
}
OCINET_JSON(ConfigureLink, name, ipv6, slaac, addresses, routes)

void to_json(nlohmann::json& json, const RaiseLoopback&) {
    json = nlohmann::json::object();
}
void from_json(const nlohmann::json&, RaiseLoopback&) {}

namespace {

const std::string in_container = "nsenter -t $PID -n ";

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

std::vector<std::string> remains(const RaiseLoopback&, Context&) {
    return {};
}

std::vector<std::string> check(const RaiseLoopback&, Context& context) {
    Differences differences;
    differences.expect(link::required(context.container->route, "lo").up,
                       "the container's lo is down");
    return std::move(differences).list();
}

// --- ConfigureLink

namespace {

// Unasked, the interface tells its neighbours its addresses when it comes up or changes its MAC
// address: announce.cpp makes use of it.
std::vector<sysctl::Setting> settings_of(const ConfigureLink& op) {
    auto settings = sysctl::ipv6_settings(op.ipv6, op.slaac);
    if (op.ipv6) {
        settings.push_back({"ndisc_notify", "1"});
        // The link-local address follows from the MAC address, which the policy knows.
        settings.push_back({"addr_gen_mode", "0"});
    }
    return settings;
}

// It is no interface's, and stays when the interface goes.
bool leads_nowhere(const ConfigureLink::Route& route) {
    return route.type != "unicast";
}

std::string route_words(const std::string& verb, const ConfigureLink::Route& route,
                        const std::string& interface) {
    const std::string destination =
        route.destination.length == 0 ? "default" : route.destination.text();
    // ip(8) takes "default" for IPv4's unless the gateway tells the family.
    const std::string family = route.destination.address.is_v4() ? "" : "-6 ";
    return "ip " + family + "route " + verb + " " + (leads_nowhere(route) ? route.type + " " : "") +
           destination + (route.gateway ? " via " + route.gateway->text() : "") +
           (leads_nowhere(route) ? " proto " + std::to_string(route::our_protocol)
                                 : " dev " + interface) +
           (route.metric != 0 ? " metric " + std::to_string(route.metric) : "");
}

std::uint8_t type_of(const std::string& name) {
    for (const auto& [word, type] :
         {std::pair("unicast", RTN_UNICAST), std::pair("blackhole", RTN_BLACKHOLE),
          std::pair("unreachable", RTN_UNREACHABLE), std::pair("prohibit", RTN_PROHIBIT)}) {
        if (name == word) {
            return std::uint8_t(type);
        }
    }
    throw Error("\"" + name + "\" is no type of route");
}

route::Route kernel_route(const ConfigureLink::Route& route, int index) {
    route::Route result{.destination = route.destination,
                        .gateway = route.gateway,
                        .metric = route.metric,
                        .type = type_of(route.type)};
    if (leads_nowhere(route)) {
        result.protocol = route::our_protocol;
    } else {
        result.index = index;
    }
    return result;
}

} // namespace

Description describe(const ConfigureLink& op) {
    Description description{.apply = sysctl::ipv6_commands(op.name, settings_of(op))};
    description.apply.push_back("ip link set dev " + op.name + " up");
    for (const auto& address : op.addresses) {
        description.apply.push_back("ip address add " + link::address_words(address) + " dev " +
                                    op.name);
    }
    for (const auto& route : op.routes) {
        description.apply.push_back(route_words("add", route, op.name));
    }
    for (auto& command : description.apply) {
        command.insert(0, in_container);
    }
    for (const auto& route : op.routes) {
        if (leads_nowhere(route)) {
            description.undo.push_back(in_container + route_words("delete", route, op.name));
        }
    }
    description.undo.push_back("# addresses and routes go with " + op.name);
    return description;
}

Needs needs(const ConfigureLink& op) {
    return {.container = true,
            .container_to_undo = std::any_of(op.routes.begin(), op.routes.end(), leads_nowhere)};
}

namespace {

std::vector<netlink::Message> configure(const ConfigureLink& op, int index) {
    std::vector<netlink::Message> messages;
    int command = int(settings_of(op).size());
    messages.push_back(link::raise(op.name));
    messages.back().command(command++);
    for (const auto& address : op.addresses) {
        messages.push_back(link::add_address(index, address));
        messages.back().command(command++);
    }
    for (const auto& route : op.routes) {
        messages.push_back(route::add(kernel_route(route, index)));
        messages.back().command(command++);
    }
    return messages;
}

} // namespace

void apply(const ConfigureLink& op, Context& context) {
    const int index = link::required(context.container->route, op.name).index;
    sysctl::set_ipv6(context.container->ipv6_conf.get(), op.name, settings_of(op));
    // A macvlan's MAC address (macvlan_open()), an ipvlan's IP address
    // (ipvlan_addr4_validator_event()).
    attempt_while_in_use(context, {EBUSY, EADDRINUSE}, [&](bool again) {
        auto messages = configure(op, index);
        for (auto& message : messages) {
            message.allow(again ? EEXIST : 0);
        }
        context.container->route.send(messages);
    });
}

void undo(const ConfigureLink& op, Context& context, Undo) {
    for (const auto& route : op.routes) {
        if (leads_nowhere(route) && context.container) {
            context.container->route.send(route::remove(kernel_route(route, 0)));
        }
    }
}

std::vector<std::string> remains(const ConfigureLink& op, Context& context) {
    std::vector<std::string> remaining;
    for (const auto& route : op.routes) {
        if (leads_nowhere(route) && context.container &&
            route::exists(context.container->route, kernel_route(route, 0))) {
            remaining.push_back("the container still has the route to " + route.destination.text());
        }
    }
    return remaining;
}

std::vector<std::string> check(const ConfigureLink& op, Context& context) {
    const auto link = link::find(context.container->route, op.name);
    if (!link) {
        return {"the container has no interface " + op.name};
    }
    const link::Link& found = *link;
    const std::string name = "the container's " + op.name;
    Differences differences;
    differences.expect(found.up, name + " is down");
    const std::string problem = link::ipv6_problem(found, op.ipv6, op.slaac);
    differences.expect(problem.empty(), name + problem);
    const auto addresses = link::addresses(context.container->route, found.index);
    for (const auto& address : op.addresses) {
        differences.expect(std::find(addresses.begin(), addresses.end(), address) !=
                               addresses.end(),
                           name + " lacks address " + address.text());
    }
    for (const auto& route : op.routes) {
        differences.expect(
            route::exists(context.container->route, kernel_route(route, found.index)),
            "the container lacks the route to " + route.destination.text());
    }
    return std::move(differences).list();
}

} // namespace ocinet::ops
