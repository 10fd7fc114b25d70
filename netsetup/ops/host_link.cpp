// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/host_link.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "netsetup/base/log.h"
#include "netsetup/base/names.h"
#include "netsetup/base/text.h"
#include "netsetup/json.h"
#include "netsetup/link.h"
#include "netsetup/routes.h"
#include "netsetup/state/users.h"
#include "netsetup/sysctl.h"

namespace ocinet::ops {

OCINET_JSON(EnsureHostLink, network, parent, name, temporary, mac, ipv6, addresses, found)

void to_json(nlohmann::json& json, const AddHostRoute& op) {
    json = {{"address", op.address}, {"link", op.link}, {"source", optional_json(op.source)}};
}
void from_json(const nlohmann::json& json, AddHostRoute& op) {
    read_member(json, "address", op.address);
    read_member(json, "link", op.link);
    read_member(json, "source", op.source);
}

// --- EnsureHostLink

namespace {

std::string users_of(const EnsureHostLink& op) {
    return "host-link-" + op.network;
}

bool is_ours(const link::Link& link, const EnsureHostLink& op) {
    return link.kind == "macvlan" && link.alias == link_alias("", op.network);
}

Prefix alone(const IpAddress& address) {
    return {address, unsigned(address.size() * 8)};
}

netlink::Message create(const EnsureHostLink& op, int parent) {
    netlink::Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    message.header<ifinfomsg>().ifi_family = AF_UNSPEC;
    message.put_string(IFLA_IFNAME, op.temporary);
    message.put_u32(IFLA_LINK, std::uint32_t(parent));
    message.put(IFLA_ADDRESS, op.mac.bytes.data(), op.mac.bytes.size());
    message.nest(IFLA_LINKINFO, [&](netlink::Message& info) {
        info.put_string(IFLA_INFO_KIND, "macvlan");
        info.nest(IFLA_INFO_DATA, [&](netlink::Message& data) {
            data.put_u32(IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE);
        });
    });
    return message;
}

// The final name, the mark that it is ours, and the interface up, in one message.
netlink::Message commit(const EnsureHostLink& op, int index, int command) {
    netlink::Message message(RTM_SETLINK, 0);
    auto& header = message.header<ifinfomsg>();
    header.ifi_flags = IFF_UP;
    header.ifi_change = IFF_UP;
    header.ifi_index = index;
    message.put_string(IFLA_IFNAME, op.name);
    message.put_string(IFLA_IFALIAS, link_alias("", op.network));
    message.command(command);
    return message;
}

} // namespace

Description describe(const EnsureHostLink& op) {
    if (op.found) {
        return {{"ip link set dev " + op.name + " up"},
                {"# " + op.name + " stays while others use it"}};
    }
    Description description;
    description.apply = sysctl::ipv6_commands(op.temporary, sysctl::ipv6_settings(op.ipv6));
    description.apply.insert(description.apply.begin(),
                             "ip link add link " + op.parent + " name " + op.temporary +
                                 " address " + op.mac.text() + " type macvlan mode bridge");
    for (const auto& address : op.addresses) {
        description.apply.push_back("ip address add " + link::address_words(alone(address)) +
                                    " dev " + op.temporary);
    }
    description.apply.push_back("ip link set dev " + op.temporary + " name " + op.name + " alias " +
                                shell_word(link_alias("", op.network)) + " up");
    description.undo.push_back("ip link delete dev " + op.name);
    return description;
}

Needs needs(const EnsureHostLink&) {
    return {};
}

void apply(const EnsureHostLink& op, Context& context) {
    state::join(context.state, users_of(op), context.container_id);
    if (op.found) {
        context.route.send(link::raise(op.name));
        return;
    }
    context.route.send(create(op, link::required(context.route, op.parent).index));
    const auto settings = sysctl::ipv6_settings(op.ipv6);
    sysctl::set_ipv6(op.temporary, settings);
    const int index = link::required(context.route, op.temporary).index;
    std::vector<netlink::Message> messages;
    int command = 1 + int(settings.size());
    for (const auto& address : op.addresses) {
        messages.push_back(link::add_address(index, alone(address)));
        messages.back().command(command++);
    }
    messages.push_back(commit(op, index, command));
    context.route.send(messages);
}

void undo(const EnsureHostLink& op, Context& context, Undo) {
    if (!op.found) {
        link::remove(context.route, op.temporary);
    }
    if (!state::leave(context.state, users_of(op), context.container_id)) {
        return;
    }
    const auto found = link::find(context.route, op.name);
    if (found && is_ours(*found, op)) {
        link::remove(context.route, op.name);
    } else if (found && found->mac == op.mac) {
        log::warning("link " + op.name + " stays: somebody gave it the alias \"" + found->alias +
                     "\", so it is not ours any more");
    }
}

std::vector<std::string> remains(const EnsureHostLink& op, Context& context) {
    const auto found = link::find(context.route, op.name);
    if (!found || !is_ours(*found, op) || state::has_users(context.state, users_of(op))) {
        return {};
    }
    return {"link " + op.name + " still exists, though no container uses it"};
}

std::vector<std::string> check(const EnsureHostLink& op, Context& context) {
    const auto found = link::find(context.route, op.name);
    if (!found) {
        return {"link " + op.name + " is missing"};
    }
    const auto parent = link::find(context.route, op.parent);
    const std::string name = "link " + op.name;
    Differences differences;
    differences.expect(is_ours(*found, op), name + " is no macvlan with our alias");
    differences.expect(found->mode == MACVLAN_MODE_BRIDGE, name + " is not in mode bridge");
    differences.expect(found->up, name + " is down");
    differences.expect(parent && found->lower == parent->index,
                       name + " does not stand on " + op.parent);
    const std::string problem = link::ipv6_problem(*found, op.ipv6);
    differences.expect(problem.empty(), name + problem);
    const auto addresses = link::addresses(context.route, found->index);
    for (const auto& address : op.addresses) {
        differences.expect(std::find(addresses.begin(), addresses.end(), alone(address)) !=
                               addresses.end(),
                           name + " lacks address " + address.text());
    }
    return std::move(differences).list();
}

// --- AddHostRoute

namespace {

// By which our routes are told from others'; see container_link.cpp.
constexpr std::uint8_t our_protocol = 111;

route::Route kernel_route(const AddHostRoute& op, int index) {
    return {.destination = alone(op.address),
            .protocol = our_protocol,
            .index = index,
            .source = op.source};
}

std::string words_of(const AddHostRoute& op) {
    return alone(op.address).text() + " dev " + op.link + " proto " + std::to_string(our_protocol);
}

} // namespace

Description describe(const AddHostRoute& op) {
    return {{"ip route add " + words_of(op) + (op.source ? " src " + op.source->text() : "")},
            {"ip route delete " + words_of(op)}};
}

Needs needs(const AddHostRoute&) {
    return {};
}

void apply(const AddHostRoute& op, Context& context) {
    const int index = link::required(context.route, op.link).index;
    try {
        context.route.send(route::add(kernel_route(op, index)));
    } catch (netlink::Refused& refused) {
        if (refused.error() == EEXIST) {
            refused.hint("the host has a route to this address already: ip route show " +
                         alone(op.address).text());
        }
        throw;
    }
}

// Without the interface there is no route any more.
void undo(const AddHostRoute& op, Context& context, Undo) {
    if (const auto found = link::find(context.route, op.link)) {
        context.route.send(route::remove(kernel_route(op, found->index)));
    }
}

std::vector<std::string> remains(const AddHostRoute& op, Context& context) {
    const auto found = link::find(context.route, op.link);
    if (!found || !route::exists(context.route, kernel_route(op, found->index))) {
        return {};
    }
    return {"the host still has the route to " + op.address.text()};
}

std::vector<std::string> check(const AddHostRoute& op, Context& context) {
    const auto found = link::find(context.route, op.link);
    if (!found) {
        return {}; // EnsureHostLink has said so
    }
    Differences differences;
    differences.expect(route::exists(context.route, kernel_route(op, found->index)),
                       "the host lacks the route to " + op.address.text());
    return std::move(differences).list();
}

} // namespace ocinet::ops
