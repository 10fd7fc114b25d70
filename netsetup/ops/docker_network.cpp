// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/docker_network.h"

#include <algorithm>
#include <iterator>

#include "netsetup/base/json_text.h"
#include "netsetup/base/log.h"
#include "netsetup/base/names.h"
#include "netsetup/base/text.h"
#include "netsetup/json.h"
#include "netsetup/ops/docker_calls.h"
#include "netsetup/ops/docker_requests.h"
#include "netsetup/state/results.h"
#include "netsetup/state/users.h"

namespace ocinet::ops {

OCINET_JSON(EnsureDockerNetwork::Pool, ipv6, subnet, gateway)
OCINET_JSON(EnsureDockerNetwork, network, plugin, ipam, id, options, ipam_options, pools, found)
OCINET_JSON(MadeDockerNetwork::Pool, id, space, subnet, gateway, leased, ipv6)
OCINET_JSON(MadeDockerNetwork, created, by, plugin, ipam, id, definition, pools)

using nlohmann::json;

namespace {

constexpr const char* file = "docker";

std::string users_of(const std::string& network) {
    return "plugin." + network;
}

void write(const std::string& network, const MadeDockerNetwork& made, Context& context) {
    state::write_result(context.state, state::results_of_network(network), file, json(made).dump());
}

// ---- Making it

class Making {
public:
    Making(const EnsureDockerNetwork& op, Context& context)
        : op_(op), context_(context), made_{.by = context.container_id,
                                            .plugin = op.plugin,
                                            .ipam = op.ipam,
                                            .id = op.id,
                                            .definition = definition_of(op)} {}

    // Whoever is not there, or is no plugin of the kind, has been asked for nothing by then.
    void make() {
        require(op_.plugin, "NetworkDriver");
        require_local();
        if (op_.ipam) {
            require(*op_.ipam, "IpamDriver");
            const json spaces = call(*op_.ipam, "IpamDriver.GetDefaultAddressSpaces", {});
            save();
            for (std::size_t i = 0; i < op_.pools.size(); ++i) {
                ask_for_pool(i, text_in(spaces, "LocalDefaultAddressSpace"));
            }
        } else {
            made_.pools = own_pools(op_);
            save();
        }
        at_command(NetworkCommands(op_).create, [&] { create(); });
        made_.created = true;
        save();
    }

private:
    json call(const docker_plugin::Plugin& plugin, const std::string& method, const json& body) {
        return docker_call(plugin, method, body.is_null() ? json::object() : body, context_);
    }
    void save() { write(op_.network, made_, context_); }

    void require(const docker_plugin::Plugin& plugin, const char* what) {
        const json said = call(plugin, "Plugin.Activate", {});
        const auto list = said.find("Implements");
        if (list == said.end() || !list->is_array() ||
            std::find(list->begin(), list->end(), what) == list->end()) {
            throw Error("plugin " + plugin.name + " is no " + what + ": it says " +
                        printable(said.dump()));
        }
    }

    // A global one shares its networks with other hosts, in a store of Docker's cluster: the first
    // container here is not the first one, nor the last the last.
    void require_local() {
        const std::string scope =
            text_in(call(op_.plugin, "NetworkDriver.GetCapabilities", {}), "Scope");
        if (scope != "local") {
            throw Error("plugin " + op_.plugin.name + " has the scope \"" + printable(scope) + "\"")
                .hint("only those of scope \"local\" can have networks without Docker's cluster");
        }
    }

    // Each answer is kept before the next question: whatever has been given can be given back.
    void ask_for_pool(std::size_t index, const std::string& space) {
        const auto& pool = op_.pools[index];
        const NetworkCommands commands(op_);
        const json said = at_command(commands.pool(index), [&] {
            return docker_lease(*op_.ipam, "IpamDriver.RequestPool", pool_request(op_, pool, space),
                                context_);
        });
        auto& kept = made_.pools.emplace_back();
        kept = {.id = text_in(said, "PoolID"),
                .space = space,
                .subnet = text_in(said, "Pool"),
                .gateway = gateway_in(said),
                .ipv6 = pool.ipv6};
        save();
        forget_kept_answer(context_);
        const auto subnet = Prefix::parse(kept.subnet);
        if (!subnet) {
            throw Error("plugin " + op_.ipam->name + ", IpamDriver.RequestPool: its Pool is \"" +
                        printable(kept.subnet) + "\"");
        }
        if (kept.gateway.empty() || pool.gateway) {
            at_command(commands.gateway(index), [&] { ask_for_gateway(pool, kept); });
        }
    }

    void ask_for_gateway(const EnsureDockerNetwork::Pool& pool, MadeDockerNetwork::Pool& kept) {
        const json given = docker_lease(*op_.ipam, "IpamDriver.RequestAddress",
                                        gateway_request(kept.id, pool), context_);
        kept.gateway = text_in(given, "Address");
        kept.leased = true;
        save();
        forget_kept_answer(context_);
    }

    // A plugin may remember the network from before the host was switched off: it is ours, by its
    // id, and nobody uses it.
    void create() {
        const json request = network_request(op_, made_.pools);
        try {
            call(op_.plugin, "NetworkDriver.CreateNetwork", request);
        } catch (const docker_plugin::Refused&) {
            docker_end(op_.plugin, "NetworkDriver.DeleteNetwork", {{"NetworkID", op_.id}}, false,
                       context_);
            call(op_.plugin, "NetworkDriver.CreateNetwork", request);
        }
    }

    const EnsureDockerNetwork& op_;
    Context& context_;
    MadeDockerNetwork made_;
};

// ---- Taking it back

// What came to us when we were gone is known by the kept answer alone.
void add_unheard(const EnsureDockerNetwork& op, MadeDockerNetwork& made, Context& context) {
    const auto last = kept_answer(*op.ipam, context);
    const bool is_pool = last && last->method == "IpamDriver.RequestPool";
    const bool is_gateway =
        last && last->method == "IpamDriver.RequestAddress" && is_for_gateway(last->body);
    if (!is_pool && !is_gateway) {
        return; // an endpoint's, or of a way back that was cut off
    }
    const std::string id =
        is_pool ? text_in(last->answer(), "PoolID") : text_in(last->body, "PoolID");
    auto pool = std::find_if(made.pools.begin(), made.pools.end(),
                             [&](const auto& one) { return one.id == id; });
    if (pool == made.pools.end()) {
        made.pools.push_back({.id = id});
        pool = std::prev(made.pools.end());
    }
    if (is_gateway) {
        pool->gateway = text_in(last->answer(), "Address");
        pool->leased = true;
    }
    write(op.network, made, context);
    forget_kept_answer(context);
}

// What is given back is not ours any more: it is struck off one by one.
void release_pools(const EnsureDockerNetwork& op, MadeDockerNetwork& made, Context& context) {
    while (!made.pools.empty()) {
        auto& pool = made.pools.back();
        if (pool.leased) {
            docker_release(*op.ipam, "IpamDriver.ReleaseAddress",
                           {{"PoolID", pool.id}, {"Address", address_text(pool.gateway)}}, context);
            pool.leased = false;
        } else {
            docker_release(*op.ipam, "IpamDriver.ReleasePool", {{"PoolID", pool.id}}, context);
            made.pools.pop_back();
        }
        write(op.network, made, context);
    }
}

// One that is left without users, after `ocinet gc --forget`, may be of other plugins.
void take_back(const EnsureDockerNetwork& op, MadeDockerNetwork made, Context& context) {
    if (made.definition == definition_of(op)) {
        const bool was_made = made.created;
        made.created = false; // by now it may be half-gone
        made.by = context.container_id;
        write(op.network, made, context);
        docker_end(op.plugin, "NetworkDriver.DeleteNetwork", {{"NetworkID", op.id}}, was_made,
                   context);
        if (op.ipam) {
            add_unheard(op, made, context);
            release_pools(op, made, context);
        }
    } else {
        log::warning("what plugin " + made.plugin.name + " had of network " + op.network +
                     " is forgotten");
    }
    state::remove_result(context.state, state::results_of_network(op.network), file);
}

// Damage is no reason to keep a container's record for ever: without it nobody knows more.
std::optional<MadeDockerNetwork> made_to_undo(const EnsureDockerNetwork& op, Context& context) {
    try {
        return made_docker_network(context.state, op.network);
    } catch (const Error& error) {
        log::warning(error.message());
        return std::nullopt;
    }
}

} // namespace

std::string definition_of(const EnsureDockerNetwork& op) {
    return json{{"id", op.id},
                {"plugin", op.plugin.name},
                {"ipam", op.ipam ? op.ipam->name : ""},
                {"options", op.options},
                {"ipam_options", op.ipam_options},
                {"pools", op.pools}}
        .dump();
}

std::optional<MadeDockerNetwork> made_docker_network(const state::Directory& directory,
                                                     const std::string& network) {
    const auto text = state::read_result(directory, state::results_of_network(network), file);
    if (!text) {
        return std::nullopt;
    }
    auto made = parse_kept<MadeDockerNetwork>(*text, "network " + network);
    if (!is_container_id(made.by)) { // which becomes part of a path
        throw Error("what plugins said of network " + network + " is damaged");
    }
    return made;
}

bool has_docker_users(const state::Directory& directory, const std::string& network) {
    return state::has_users(directory, users_of(network));
}

Needs needs(const EnsureDockerNetwork& op) {
    return {.plugins = docker_words(op.plugin, op.ipam)};
}

// Who makes the network, or takes it back, is its user meanwhile, by which others know that it is
// not theirs to do (host_view.cpp).
void apply(const EnsureDockerNetwork& op, Context& context) {
    const auto held = context.locks.plugin_network(op.network);
    auto made = made_docker_network(context.state, op.network);
    if (made && !has_docker_users(context.state, op.network)) {
        take_back(op, *made, context);
        made.reset();
    }
    if (made && !made->created) {
        throw Error("container " + made->by + " was killed when it made or took back the network")
            .hint("`ocinet gc` takes back what dead containers left");
    }
    if (made && made->definition != definition_of(op)) { // since the plan was made
        throw Error("containers use the network as it was before its definition changed");
    }
    state::join(context.state, users_of(op.network), context.container_id);
    if (!made) {
        Making(op, context).make();
    }
}

void undo(const EnsureDockerNetwork& op, Context& context, Undo) {
    const auto held = context.locks.plugin_network(op.network);
    if (!state::leave(context.state, users_of(op.network), context.container_id)) {
        return;
    }
    const auto made = made_to_undo(op, context);
    if (!made) { // or what was about to be written
        state::remove_result(context.state, state::results_of_network(op.network), file);
        return;
    }
    state::join(context.state, users_of(op.network), context.container_id);
    try {
        take_back(op, *made, context);
    } catch (const std::exception&) { // whoever comes first goes on with it
        state::leave(context.state, users_of(op.network), context.container_id);
        throw;
    }
    state::leave(context.state, users_of(op.network), context.container_id);
}

// What a plugin leaves is for it to say.
std::vector<std::string> remains(const EnsureDockerNetwork&, Context&) {
    return {};
}

std::vector<std::string> check(const EnsureDockerNetwork& op, Context& context) {
    const auto made = made_docker_network(context.state, op.network);
    if (!made || !made->created) {
        return {"what plugin " + op.plugin.name + " said of network " + op.network + " is missing"};
    }
    return {};
}

} // namespace ocinet::ops
