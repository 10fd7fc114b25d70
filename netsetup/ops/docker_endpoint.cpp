// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/docker_endpoint.h"

#include <linux/rtnetlink.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "netsetup/base/json_text.h"
#include "netsetup/base/log.h"
#include "netsetup/json.h"
#include "netsetup/link.h"
#include "netsetup/ops/docker_attaching.h"
#include "netsetup/ops/docker_calls.h"
#include "netsetup/ops/docker_requests.h"
#include "netsetup/state/results.h"

namespace ocinet::ops {

OCINET_JSON(DockerEndpoint::Pool, ipv6, wanted, id)
OCINET_JSON(DockerEndpoint, container, network, interface, alias, plugin, ipam, pools, network_id,
            id, addresses, mac, default_route4, default_route6, metric, options, publishes)

namespace {

using nlohmann::json;

netlink::Message rename_back(int index, const std::string& source) {
    netlink::Message message(RTM_NEWLINK, 0);
    message.header<ifinfomsg>().ifi_index = index;
    message.put_string(IFLA_IFNAME, source);
    message.put(IFLA_IFALIAS, nullptr, 0);
    return message;
}

// From a namespace that lives on, where others may be, too; or on the host, where it has not left
// it yet, or the kernel has put it when its namespace ended, as it does with hardware.
void give_link_back(const DockerEndpoint& op, const std::string& source, Context& context) {
    if (source.empty()) {
        return;
    }
    try {
        const auto found =
            context.container ? link::find(context.container->route, op.interface) : std::nullopt;
        if (found && found->alias == op.alias) {
            auto message = rename_back(found->index, source);
            message.put_u32(IFLA_NET_NS_PID, std::uint32_t(::getpid()));
            context.container->route.send(std::move(message));
        }
        for (const auto& left : link::with_alias(context.route, op.alias)) {
            context.route.send(rename_back(left.index, source));
        }
    } catch (const netlink::Refused& refused) { // its plugin is to be told all the same
        log::warning("link " + source + " does not get its name back: " + refused.message());
    }
}

// One that came when we were gone is known by the kept answer alone. What is given back is not ours
// any more: it is struck off one by one.
void give_addresses_back(const DockerEndpoint& op, MadeDockerEndpoint made, Context& context) {
    const auto last = kept_answer(*op.ipam, context);
    if (last && last->method == "IpamDriver.RequestAddress" && !is_for_gateway(last->body)) {
        const MadeDockerEndpoint::Lease unheard{text_in(last->body, "PoolID"),
                                                text_in(last->answer(), "Address")};
        const bool is_known = std::any_of(
            made.leased.begin(), made.leased.end(), [&](const MadeDockerEndpoint::Lease& lease) {
                return lease.pool == unheard.pool && lease.address == unheard.address;
            });
        if (!is_known) {
            made.leased.push_back(unheard);
        }
    }
    for (; !made.leased.empty(); made.leased.pop_back()) {
        write_made(op, made, context);
        const auto& lease = made.leased.back();
        docker_release(*op.ipam, "IpamDriver.ReleaseAddress",
                       {{"PoolID", lease.pool}, {"Address", address_text(lease.address)}}, context);
    }
}

// Damage is no reason to leave all there: its ids are in the plan.
MadeDockerEndpoint read_to_undo(const DockerEndpoint& op, const std::string& text) {
    try {
        return parse_kept<MadeDockerEndpoint>(text, op.interface);
    } catch (const Error& error) {
        log::warning(error.message());
        return {};
    }
}

// Who comes again, when this was cut off, is not to wonder at what is gone by then. Where there is
// no room to say so, it goes all the same.
MadeDockerEndpoint begin_to_go(const DockerEndpoint& op, MadeDockerEndpoint made,
                               Context& context) {
    made.joined = false;
    made.created = false;
    try {
        write_made(op, made, context);
    } catch (const Error& error) {
        log::warning(error.message());
    }
    return made;
}

} // namespace

Needs needs(const DockerEndpoint& op) {
    return {
        .container = true, .container_to_undo = true, .plugins = docker_words(op.plugin, op.ipam)};
}

void apply(const DockerEndpoint& op, Context& context) {
    make_endpoint(op, context);
}

// In the order in which Docker does it.
void undo(const DockerEndpoint& op, Context& context, Undo) {
    const auto text = state::read_result(context.state, op.container, op.interface);
    if (!text) { // nobody was asked for anything
        state::remove_result(context.state, op.container, op.interface);
        return;
    }
    const MadeDockerEndpoint made = read_to_undo(op, *text);
    const MadeDockerEndpoint rest = begin_to_go(op, made, context);
    if (op.publishes) {
        docker_end(op.plugin, "NetworkDriver.RevokeExternalConnectivity", endpoint_ids(op), false,
                   context);
    }
    docker_end(op.plugin, "NetworkDriver.Leave", endpoint_ids(op), made.joined, context);
    give_link_back(op, made.source, context);
    docker_end(op.plugin, "NetworkDriver.DeleteEndpoint", endpoint_ids(op), made.created, context);
    if (op.ipam) {
        give_addresses_back(op, rest, context);
    }
    state::remove_result(context.state, op.container, op.interface);
}

// What a plugin leaves is for it to say.
std::vector<std::string> remains(const DockerEndpoint&, Context&) {
    return {};
}

std::vector<std::string> check(const DockerEndpoint& op, Context& context) {
    const auto text = state::read_result(context.state, op.container, op.interface);
    const auto made =
        text ? std::optional(parse_kept<MadeDockerEndpoint>(*text, op.interface)) : std::nullopt;
    if (!made || !made->link) {
        return {"what plugin " + op.plugin.name + " said of " + op.interface + " is missing"};
    }
    return check(*made->link, context);
}

} // namespace ocinet::ops
