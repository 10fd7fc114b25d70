// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/host_link.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "netsetup/base/names.h"
#include "netsetup/base/text.h"
#include "netsetup/json.h"
#include "netsetup/link.h"
#include "netsetup/ops/shared_link.h"
#include "netsetup/routes.h"
#include "netsetup/state/users.h"
#include "netsetup/sysctl.h"

namespace ocinet::ops {

OCINET_JSON(EnsureHostLink, network, parent, name, temporary, mac, ipv6, addresses, found)
OCINET_JSON(AddHostRoute, address, link, source)

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

// Everything but its being up, on the interface that is called `name` now: with it down the kernel
// takes IPv6 addresses away. Returns the index.
int furnish(const EnsureHostLink& op, const std::string& name, Context& context) {
    const auto settings = sysctl::ipv6_settings(op.ipv6);
    sysctl::set_ipv6(name, settings);
    const int index = link::required(context.route, name).index;
    std::vector<netlink::Message> messages;
    for (const auto& address : op.addresses) {
        const int command = (op.found ? 0 : 1) + int(settings.size() + messages.size());
        messages.push_back(link::add_address(index, alone(address)));
        messages.back().allow(EEXIST).command(command);
    }
    if (!messages.empty()) {
        context.route.send(messages);
    }
    return index;
}

std::vector<std::string> furnish_commands(const EnsureHostLink& op, const std::string& name) {
    auto commands = sysctl::ipv6_commands(name, sysctl::ipv6_settings(op.ipv6));
    for (const auto& address : op.addresses) {
        commands.push_back("ip address replace " + link::address_words(alone(address)) + " dev " +
                           name);
    }
    return commands;
}

SharedLink shared_link(const EnsureHostLink& op) {
    return {.text = "link " + op.name,
            .name = op.name,
            .temporary = op.found ? "" : op.temporary,
            .users = users_of(op),
            .is_ours = [&op](const link::Link& found) { return is_ours(found, op); },
            .was_ours = [&op](const link::Link& found) { return found.mac == op.mac; }};
}

} // namespace

Description describe(const EnsureHostLink& op) {
    Description description{.apply = furnish_commands(op, op.found ? op.name : op.temporary)};
    if (op.found) {
        description.apply.push_back("ip link set dev " + op.name + " up");
        description.undo.push_back("# " + op.name + " stays while others use it");
        return description;
    }
    description.apply.insert(description.apply.begin(),
                             "ip link add link " + op.parent + " name " + op.temporary +
                                 " address " + op.mac.text() + " type macvlan mode bridge");
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
        furnish(op, op.name, context);
        context.route.send(link::raise(op.name));
        return;
    }
    context.route.send(create(op, link::required(context.route, op.parent).index));
    const int index = furnish(op, op.temporary, context);
    auto commit = link::finish(index, op.name, link_alias("", op.network));
    commit.command(1 + int(sysctl::ipv6_settings(op.ipv6).size() + op.addresses.size()));
    context.route.send(std::move(commit));
}

void undo(const EnsureHostLink& op, Context& context, Undo) {
    release(shared_link(op), context);
}

std::vector<std::string> remains(const EnsureHostLink& op, Context& context) {
    return remains(shared_link(op), context);
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

route::Route kernel_route(const AddHostRoute& op, int index) {
    return {.destination = alone(op.address),
            .protocol = route::our_protocol,
            .index = index,
            .source = op.source};
}

std::string words_of(const AddHostRoute& op) {
    return alone(op.address).text() + " dev " + op.link + " proto " +
           std::to_string(route::our_protocol);
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
