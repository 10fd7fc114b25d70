// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/acquire.h"

#include "netsetup/base/log.h"
#include "netsetup/hosts_file.h"
#include "netsetup/link.h"

namespace ocinet {

namespace {

Context bare(Host& host, const std::string& container_id) {
    return {.container_id = container_id,
            .state = host.directory,
            .locks = host.locks,
            .route = host.route,
            .netfilter = host.netfilter,
            .deadline = host.deadline};
}

struct FoundNetns {
    std::string path;
    Fd netns;
};

// By the path that the runtime was given, or by the container's process, beside which a set-up that
// was cut off is undone. Empty when it is in neither place.
FoundNetns find_netns(const Record& record) {
    const std::string of_process = "/proc/" + std::to_string(record.process.pid) + "/ns/net";
    for (const auto& path : {record.given_netns, of_process}) {
        if (Fd netns = open_again(path, record.netns)) {
            return {path, std::move(netns)};
        }
    }
    return {};
}

// Or by whoever lives there still; then no path leads to it.
FoundNetns find_or_look_for_netns(const Record& record) {
    auto found = find_netns(record);
    if (!found.netns) {
        found.netns = open_inhabited(record.netns);
    }
    return found;
}

// Of one that a plugin makes.
std::string interface_of(const Operation& operation) {
    if (const auto* cni = std::get_if<ops::CniPlugin>(&operation)) {
        return cni->interface;
    }
    if (const auto* netavark = std::get_if<ops::NetavarkPlugin>(&operation)) {
        return netavark->interface;
    }
    const auto* docker = std::get_if<ops::DockerEndpoint>(&operation);
    return docker ? docker->interface : "";
}

// A plugin that refuses to make an interface would take the one that is there for its own when it
// is told to take it back.
void refuse_taken_interfaces(const Plan& plan, netlink::Socket& container) {
    for (const auto& step : plan.own) {
        const std::string name = interface_of(step.operation);
        if (!name.empty() && link::find(container, name)) {
            throw Error(step.attachment + ": the container has an interface " + name + " already")
                .hint("interface_name= chooses another");
        }
    }
}

} // namespace

Context acquire(Host& host, const Record& record, Fd netns) {
    const Needs wanted = needs(record.plan);
    Context context = bare(host, record.id);
    if (!wanted.plugins.empty()) {
        context.netns_path = find_netns(record).path;
        context.plugins.emplace(Plugins::start(record.id, wanted.plugins, netns));
    }
    if (wanted.container) {
        context.container = ContainerNetns::open(std::move(netns));
        refuse_taken_interfaces(record.plan, context.container->route);
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

Fd open_netns(const Record& record) {
    return find_or_look_for_netns(record).netns;
}

Context acquire_for_undo(Host& host, const Record& record) {
    const Needs wanted = needs(record.plan);
    Context context = bare(host, record.id);
    if (wanted.container_to_undo || !wanted.plugins.empty()) {
        auto [path, netns] = find_or_look_for_netns(record);
        if (!wanted.plugins.empty()) {
            context.netns_path = path;
            try {
                context.plugins.emplace(Plugins::start(record.id, wanted.plugins, netns));
            } catch (const Error& error) { // what is not theirs goes all the same
                log::warning(error);
            }
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
