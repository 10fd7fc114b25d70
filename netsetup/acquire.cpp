// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/acquire.h"

#include "netsetup/base/log.h"
#include "netsetup/hosts_file.h"

namespace ocinet {

namespace {

Context bare(Host& host, const std::string& container_id) {
    return {.container_id = container_id,
            .state = host.directory,
            .route = host.route,
            .netfilter = host.netfilter,
            .deadline = host.deadline};
}

// Where its network namespace is found; empty when it is in neither place.
std::string netns_path(const Record& record) {
    const std::string of_process = "/proc/" + std::to_string(record.process.pid) + "/ns/net";
    for (const auto& path : {record.given_netns, of_process}) {
        if (open_again(path, record.netns)) {
            return path;
        }
    }
    return "";
}

} // namespace

Context acquire(Host& host, const Record& record, Fd netns) {
    const Needs wanted = needs(record.plan);
    Context context = bare(host, record.id);
    if (!wanted.plugins.empty()) {
        context.netns_path = netns_path(record);
        context.plugins.emplace(Plugins::start(record.id, wanted.plugins, netns));
    }
    if (wanted.container) {
        context.container = ContainerNetns::open(std::move(netns));
    }
    if (wanted.policy_loader) {
        context.policy_loader.emplace(PolicyLoader::start());
    }
    if (wanted.link_watch) {
        context.link_watch.emplace(LinkWatch::open());
    }
    if (wanted.dhcp) {
        context.dhcp.emplace(DhcpControl::open(record.id));
    }
    for (const auto& path : wanted.files) {
        auto hosts = HostsFile::open(path);
        if (!hosts.file) {
            throw Error(path + ": " + hosts.problem);
        }
        context.files.emplace(path, std::move(hosts.file));
    }
    return context;
}

// By the path that the runtime was given; by the container's process, beside which a set-up that
// was cut off is undone; or by whoever lives there still.
Fd open_netns(const Record& record) {
    const std::string path = netns_path(record);
    Fd netns = path.empty() ? Fd() : open_again(path, record.netns);
    return netns ? std::move(netns) : open_inhabited(record.netns);
}

Context acquire_for_undo(Host& host, const Record& record) {
    const Needs wanted = needs(record.plan);
    Context context = bare(host, record.id);
    if (wanted.container_to_undo || !wanted.plugins.empty()) {
        Fd netns = open_netns(record);
        if (!wanted.plugins.empty()) {
            context.netns_path = netns_path(record);
            context.plugins.emplace(Plugins::start(record.id, wanted.plugins, netns));
        }
        if (wanted.container_to_undo && netns) {
            context.container = ContainerNetns::open(std::move(netns));
        }
    }
    if (wanted.dhcp) {
        context.dhcp.emplace(DhcpControl::open(record.id));
    }
    for (const auto& path : wanted.files) {
        auto hosts = HostsFile::open(path);
        if (hosts.file) {
            context.files.emplace(path, std::move(hosts.file));
        } else {
            log::debug(path + " is left alone: " + hosts.problem);
        }
    }
    return context;
}

} // namespace ocinet
