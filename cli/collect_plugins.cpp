// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/collect_plugins.h"

#include <nlohmann/json.hpp>

#include "cli/networks.h"
#include "drivers/parts/plugin_directories.h"
#include "netsetup/base/log.h"
#include "netsetup/cni.h"
#include "netsetup/host_view.h"
#include "netsetup/record.h"

namespace ocinet::cli {

namespace {

using nlohmann::json;

// Of a whole list: who is attached meanwhile waits for it.
constexpr std::chrono::milliseconds patience(3000);

// Those that are half-made and half-gone, too.
json attachments_to(const std::string& network, Host& host) {
    json attachments = json::array();
    for (const auto& id : Record::list(host.directory)) {
        const auto record = Record::load(host.directory, id);
        for (const auto& step : record ? record->plan.own : std::vector<Step>()) {
            const auto* op = std::get_if<ops::CniPlugin>(&step.operation);
            if (op && op->first && json::parse(op->config).at("name") == network) {
                attachments.push_back({{"containerID", op->container}, {"ifname", op->interface}});
            }
        }
    }
    return attachments;
}

std::vector<std::string> programs_of(const oci::Conflist& list, Host& host) {
    HostQuery query{.plugin_directories = drivers::cni_directories()};
    for (const auto& plugin : list.plugins) {
        query.plugins.push_back(plugin.type);
    }
    NameSource names(0); // nothing is drawn
    return look(query, host.directory, host.route, host.netfilter, names).plugins;
}

// Under the locks of all networks whose plugins call them so: who is attached meanwhile must stand
// in the list, and a record of it is there before that lock is given up.
std::vector<state::Locks::Held> lock_all(const std::string& list,
                                         const std::vector<KnownNetwork>& networks, Host& host) {
    std::vector<state::Locks::Held> held;
    for (const auto& known : networks) { // by name
        if (known.network && known.network->conflist && known.network->conflist->name == list) {
            held.push_back(host.locks.network(known.name));
        }
    }
    return held;
}

std::size_t collect(const oci::Network& network, const std::vector<KnownNetwork>& networks,
                    Host& host) {
    const oci::Conflist& list = *network.conflist;
    const auto held = lock_all(list.name, networks, host);
    const auto deadline = Deadline::in(patience);
    const json valid = attachments_to(list.name, host);
    const auto programs = programs_of(list, host);
    auto plugins = Plugins::start("gc", programs, Fd());
    std::size_t failed = 0;
    for (std::size_t i = 0; i < list.plugins.size(); ++i) {
        json config = json::parse(list.plugins[i].config);
        config["cni.dev/valid-attachments"] = valid;
        try {
            if (programs[i].empty()) {
                throw Error("there is no plugin " + list.plugins[i].type);
            }
            cni::run(plugins, {.program = programs[i], .command = "GC", .config = config.dump()},
                     deadline.patience(std::chrono::milliseconds(100), patience));
        } catch (Error& error) {
            log::error(error.in("network \"" + network.name + "\""));
            ++failed;
        }
    }
    return failed;
}

} // namespace

std::size_t collect_plugins(Host& host) {
    std::size_t failed = 0;
    const auto networks = known_networks();
    for (const auto& known : networks) {
        const auto& network = known.network;
        if (!network || !network->conflist || !network->conflist->collects ||
            !oci::has_gc_and_status(network->conflist->version)) {
            continue;
        }
        try {
            failed += collect(*network, networks, host);
        } catch (Error& error) { // of a plugin that is not there, say
            log::error(error.in("network \"" + network->name + "\""));
            ++failed;
        }
    }
    return failed;
}

} // namespace ocinet::cli
