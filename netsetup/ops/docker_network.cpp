// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/docker_network.h"

#include <algorithm>

#include "netsetup/base/json_text.h"
#include "netsetup/base/log.h"
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

std::string users_of(const EnsureDockerNetwork& op) {
    return "plugin." + op.network;
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
            for (const auto& pool : op_.pools) {
                ask_for_pool(pool, text_in(spaces, "LocalDefaultAddressSpace"));
            }
        } else {
            made_.pools = own_pools(op_);
            save();
        }
        create();
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
    void ask_for_pool(const EnsureDockerNetwork::Pool& pool, const std::string& space) {
        const json said = docker_lease(*op_.ipam, "IpamDriver.RequestPool",
                                       pool_request(op_, pool, space), context_);
        auto& kept = made_.pools.emplace_back();
        kept = {.id = text_in(said, "PoolID"),
                .space = space,
                .subnet = text_in(said, "Pool"),
                .gateway = gateway_in(said),
                .ipv6 = pool.ipv6};
        save();
        forget_kept_answer(context_.container_id, context_);
        const auto subnet = Prefix::parse(kept.subnet);
        if (!subnet) {
            throw Error("plugin " + op_.ipam->name + ", IpamDriver.RequestPool: its Pool is \"" +
                        printable(kept.subnet) + "\"");
        }
        if (kept.gateway.empty() || pool.gateway) {
            ask_for_gateway(pool, kept);
        }
    }

    void ask_for_gateway(const EnsureDockerNetwork::Pool& pool, MadeDockerNetwork::Pool& kept) {
        const json given = docker_lease(*op_.ipam, "IpamDriver.RequestAddress",
                                        gateway_request(kept.id, pool), context_);
        kept.gateway = text_in(given, "Address");
        kept.leased = true;
        save();
        forget_kept_answer(context_.container_id, context_);
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

// What came to the container that made the network when it was gone is known by the kept answer
// alone.
void give_back_unheard(const docker_plugin::Plugin& ipam,
                       const std::vector<MadeDockerNetwork::Pool>& pools, const std::string& maker,
                       Context& context) {
    const auto last = kept_answer(maker, ipam, context);
    if (!last) {
        return;
    }
    const auto is_known = [&](auto holds) {
        return std::any_of(pools.begin(), pools.end(), holds);
    };
    if (last->method == "IpamDriver.RequestPool") {
        const std::string id = text_in(last->answer(), "PoolID");
        if (!is_known([&](const auto& pool) { return pool.id == id; })) {
            docker_release(ipam, "IpamDriver.ReleasePool", {{"PoolID", id}}, maker, context);
        }
    } else if (last->method == "IpamDriver.RequestAddress" && is_for_gateway(last->body)) {
        const std::string address = text_in(last->answer(), "Address");
        if (!is_known([&](const auto& pool) { return pool.leased && pool.gateway == address; })) {
            docker_release(
                ipam, "IpamDriver.ReleaseAddress",
                {{"PoolID", text_in(last->body, "PoolID")}, {"Address", address_text(address)}},
                maker, context);
        }
    } else {
        return; // an endpoint's, or of somebody's way back
    }
    if (maker != context.container_id) {
        forget_kept_answer(maker, context);
    }
}

// Of those that made it, whatever the network is by now. What is given back is not ours any more:
// it is struck off one by one.
void take_back(const std::string& network, MadeDockerNetwork made, Context& context) {
    const bool was_made = made.created;
    const std::string before = made.by;
    made.created = false; // by now it may be half-gone
    write(network, made, context);
    docker_end(made.plugin, "NetworkDriver.DeleteNetwork", {{"NetworkID", made.id}}, was_made,
               context);
    if (made.ipam) {
        give_back_unheard(*made.ipam, made.pools, before, context);
    }
    made.by = context.container_id;
    while (made.ipam && !made.pools.empty()) {
        auto& pool = made.pools.back();
        write(network, made, context);
        if (pool.leased) {
            docker_release(*made.ipam, "IpamDriver.ReleaseAddress",
                           {{"PoolID", pool.id}, {"Address", address_text(pool.gateway)}}, before,
                           context);
            pool.leased = false;
        } else {
            docker_release(*made.ipam, "IpamDriver.ReleasePool", {{"PoolID", pool.id}}, before,
                           context);
            made.pools.pop_back();
        }
    }
    state::remove_result(context.state, state::results_of_network(network), file);
}

// Of plugins that were never there again for those who were on it (`ocinet gc --forget`): we cannot
// ask them.
void forget_unused(const EnsureDockerNetwork& op, Context& context) {
    if (state::has_users(context.state, users_of(op))) {
        return;
    }
    const auto made = made_docker_network(context.state, op.network);
    if (made && (made->plugin != op.plugin || made->ipam != op.ipam)) {
        log::warning("what plugin " + made->plugin.name + " had of network " + op.network +
                     " is forgotten");
        state::remove_result(context.state, state::results_of_network(op.network), file);
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
    return text ? std::optional(parse_kept<MadeDockerNetwork>(*text, "network " + network))
                : std::nullopt;
}

Needs needs(const EnsureDockerNetwork& op) {
    Needs wanted{.plugins = {word_of(op.plugin)}};
    if (op.ipam) {
        wanted.plugins.push_back(word_of(*op.ipam));
    }
    return wanted;
}

void apply(const EnsureDockerNetwork& op, Context& context) {
    const auto held = context.locks.plugin_network(op.network);
    forget_unused(op, context);
    state::join(context.state, users_of(op), context.container_id);
    const auto made = made_docker_network(context.state, op.network);
    // Since the plan was made; and of others what was cut off is for whoever began it.
    const bool is_another =
        made && (made->created ? made->definition != definition_of(op)
                               : made->plugin != op.plugin || made->ipam != op.ipam);
    if (is_another) {
        throw Error("containers use the network as it was before its definition changed")
            .hint("`ocinet gc` takes back what dead containers left");
    }
    if (made && made->created) {
        return;
    }
    if (made) {
        take_back(op.network, *made, context);
    }
    Making(op, context).make();
}

void undo(const EnsureDockerNetwork& op, Context& context, Undo) {
    const auto held = context.locks.plugin_network(op.network);
    const auto made = made_docker_network(context.state, op.network);
    const bool is_last = state::leave(context.state, users_of(op), context.container_id);
    if (is_last && made) {
        take_back(op.network, *made, context);
        return;
    }
    if (is_last) { // nobody was asked for anything, but it may have been about to be written
        state::remove_result(context.state, state::results_of_network(op.network), file);
    }
    if (op.ipam) {
        give_back_unheard(*op.ipam, made ? made->pools : std::vector<MadeDockerNetwork::Pool>(),
                          context.container_id, context);
    }
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
