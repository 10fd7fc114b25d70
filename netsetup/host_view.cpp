// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/host_view.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <set>

#include "netsetup/base/file.h"
#include "netsetup/base/paths.h"
#include "netsetup/base/program.h"
#include "netsetup/base/text.h"
#include "netsetup/docker_discovery.h"
#include "netsetup/hosts_file.h"
#include "netsetup/ops/docker_calls.h"
#include "netsetup/ops/docker_network.h"
#include "netsetup/ops/policy.h"
#include "netsetup/ops/use_parent.h"
#include "netsetup/port_search.h"
#include "netsetup/record.h"
#include "netsetup/routes.h"
#include "netsetup/state/users.h"
#include "netsetup/wanted_elements.h"

namespace ocinet {

namespace {

// What the host has on a parent is no container's, whatever the network's file leaves free.
void look_for_address(HostView& view, const HostQuery::Address& query,
                      const state::Directory& directory) {
    std::vector<IpAddress> never;
    for (const auto& prefix : view.parent_addresses) {
        never.push_back(prefix.address);
        if (query.fixed == prefix.address) {
            view.conflicts.push_back(
                {.what = "address " + query.fixed->text() + " is the host's own"});
        }
    }
    if (query.fixed) {
        const auto owner = state::lease_owner(directory, query.range, *query.fixed);
        if (owner) {
            view.conflicts.push_back(
                {.what = "address " + query.fixed->text() + " is taken by container " + *owner,
                 .owner = *owner});
        }
        view.addresses.push_back(*query.fixed);
        return;
    }
    std::vector<state::AddressRange> ranges{query.range};
    ranges.insert(ranges.end(), query.further.begin(), query.further.end());
    std::vector<std::string> full;
    for (auto& range : ranges) {
        range.never.insert(range.never.end(), never.begin(), never.end());
        if (const auto free = state::next_free(directory, range)) {
            view.addresses.push_back(*free);
            return;
        }
        full.push_back(range.first.text() + " and " + range.last.text());
    }
    view.conflicts.push_back({.what = "no address is free between " + join(full, ", "),
                              .of_anybody = true,
                              .hint = "`ocinet gc` takes back what dead containers left"});
    view.addresses.emplace_back();
}

// Of a network that is not there yet. A wider network of the host's around the subnet is no
// obstacle: the more specific route wins. One inside it would not be reached from the containers,
// and two networks of ours must not share an address.
void look_for_overlaps(HostView& view, const HostQuery& query, netlink::Socket& route) {
    auto in_use = link::all_addresses(route, AF_INET);
    for (const auto& address : link::all_addresses(route, AF_INET6)) {
        in_use.push_back(address);
    }
    for (const auto& address : in_use) {
        const bool is_own = view.bridge && address.index == view.bridge->index;
        for (const auto& subnet : query.subnets) {
            if (is_own || !subnet.overlaps(address.prefix)) {
                continue;
            }
            const auto found = link::find(route, address.index);
            const auto network = found ? network_of_alias(found->alias) : std::nullopt;
            if (!found || (!network && !subnet.contains(address.prefix.address))) {
                continue;
            }
            view.conflicts.push_back({.what = "its subnet " + subnet.text() + " overlaps " +
                                              address.prefix.text() +
                                              (network ? " of network \"" + *network + "\""
                                                       : " on the host's interface " + found->name),
                                      .of_anybody = network.has_value(),
                                      .hint = std::string("give one of them another subnet, in ") +
                                              paths::networks + "/" + query.network + ".json"});
        }
    }
}

std::string default_route_link(netlink::Socket& route) {
    for (const int family : {AF_INET, AF_INET6}) {
        if (const auto index = route::default_route_link(route, family)) {
            if (const auto found = link::find(route, *index)) {
                return found->name;
            }
        }
    }
    throw Error("the network names no parent, and the host has no default route")
        .hint("name the host's interface: network_interface");
}

void look_for_other_use(HostView& view, const std::string& parent, const std::string& as,
                        const state::Directory& directory) {
    for (const auto& other : ops::parent_uses()) {
        if (ops::go_together(as, other)) {
            continue;
        }
        for (const auto& id : ops::users_of_parent(directory, parent, other)) {
            view.conflicts.push_back(
                {.what =
                     "interface " + parent + " carries " + other + " of container " + id +
                     (as == other ? ", which shares it with none" : ", which goes with no " + as),
                 .owner = id});
        }
    }
}

void look_at_parent(HostView& view, const HostQuery::Parent& query,
                    const state::Directory& directory, netlink::Socket& route) {
    std::string name = query.name.empty() ? default_route_link(route) : query.name;
    if (query.vlan != 0) {
        name += "." + std::to_string(query.vlan);
    }
    if (!is_interface_name(name)) {
        throw Error("no interface can be called " + name)
            .hint("make the sub-interface under a shorter name, and name it: network_interface");
    }
    look_for_other_use(view, name, query.as, directory);
    while (true) {
        view.parents.push_back({name, link::find(route, name), link::is_wifi(name)});
        const auto& found = view.parents.back().link;
        const auto dot = name.rfind('.');
        if ((found && found->alias != link_alias("", name)) || dot == std::string::npos ||
            dot == 0) {
            break;
        }
        name.resize(dot);
    }
    if (const auto& parent = view.parents.front().link) {
        view.parent_addresses = link::addresses(route, parent->index);
    }
}

void look_for_underlay(HostView& view, const IpAddress& wanted, netlink::Socket& route) {
    for (const auto& address : link::all_addresses(route, wanted.family())) {
        const auto found =
            address.prefix.address == wanted ? link::find(route, address.index) : std::nullopt;
        if (found) {
            view.underlay = {.name = found->name, .mtu = found->mtu};
        }
    }
}

HostView::Conflict redefinition() {
    return {.what = "containers use the network as it was before its definition changed",
            .of_anybody = true,
            .hint = "stop them first, or take the change back"};
}

void look_for_redefinition(HostView& view, const HostQuery& query,
                           const state::Directory& directory) {
    if (ops::definition_in_use(directory, query.network) != query.definition) {
        view.conflicts.push_back(redefinition());
    }
}

// One that lives is waited for; one that was killed is asked to make way.
void look_for_maker(HostView& view, const ops::MadeDockerNetwork& made,
                    const state::Directory& directory) {
    const auto maker = Record::load(directory, made.by);
    if (!maker || !is_alive(maker->process)) {
        view.conflicts.push_back(
            {.what = "container " + made.by + " was killed when it made or took back the network",
             .owner = made.by});
    }
}

void look_at_docker(HostView& view, const HostQuery& query, const state::Directory& directory) {
    for (const auto& name : query.docker_plugins) {
        view.docker_plugins.push_back(docker_plugin::find(name));
    }
    const auto made = ops::made_docker_network(directory, query.docker_network);
    if (!made || !ops::has_docker_users(directory, query.docker_network)) {
        return; // what is left without users is taken back first
    }
    if (!made->created) {
        look_for_maker(view, *made, directory);
        return;
    }
    auto& pools = view.docker_pools.emplace();
    for (const auto& pool : made->pools) {
        pools.push_back(pool.id);
    }
    if (made->definition != query.docker_definition) {
        view.conflicts.push_back(redefinition());
    }
}

void look_at_firewall(HostView& view, netlink::Socket& route, netlink::Socket& netfilter,
                      const state::Directory& directory) {
    view.policy_version = nft::live_version(netfilter);
    if (view.policy_version != nft::policy_version) {
        view.lost = wanted_elements(directory, route);
    }
}

bool is_on(const std::string& setting) {
    return read_setting(AT_FDCWD, "/proc/sys/net/" + setting) == "1";
}

// Only where forwarding must be turned on does it matter who is there: a list of all links.
void look_at_forwarding(HostView& view, const HostQuery& query, netlink::Socket& route) {
    view.ipv4.on = is_on("ipv4/ip_forward");
    view.ipv6.on = query.forwarding6 && is_on("ipv6/conf/all/forwarding");
    if ((!query.forwarding4 || view.ipv4.on) && (!query.forwarding6 || view.ipv6.on)) {
        return;
    }
    view.ipv4.by_default = is_on("ipv4/conf/default/forwarding");
    view.ipv6.by_default = is_on("ipv6/conf/default/forwarding");
    view.accepts_redirects = is_on("ipv4/conf/all/accept_redirects");
    view.interfaces = link::foreign(route);
}

} // namespace

HostView look(const HostQuery& query, const state::Directory& directory, netlink::Socket& route,
              netlink::Socket& netfilter, NameSource& names) {
    HostView view;
    if (query.parent) {
        look_at_parent(view, *query.parent, directory, route);
    }
    if (!query.host_link.empty()) {
        view.host_link = link::find(route, query.host_link);
    }
    if (query.underlay) {
        look_for_underlay(view, *query.underlay, route);
    }
    if (!query.vxlan.empty()) {
        view.vxlan = link::find(route, query.vxlan);
    }
    for (const auto& address : query.addresses) {
        look_for_address(view, address, directory);
    }
    if (!query.ports.empty()) {
        look_for_ports(view, query, directory, names);
    }
    if (!query.bridge.empty()) {
        view.bridge = link::find(route, query.bridge);
        if (view.bridge) {
            view.bridge_addresses = link::addresses(route, view.bridge->index);
        }
        view.network_in_use = state::has_users(directory, ops::element_users(query.network));
        if (view.network_in_use) {
            look_for_redefinition(view, query, directory);
        } else if (!query.subnets.empty()) {
            look_for_overlaps(view, query, route);
        }
    }
    if (!query.new_link.empty() && link::find(route, query.new_link)) {
        view.conflicts.push_back(
            {.what = "the host has an interface " + query.new_link + " already",
             .of_anybody = true,
             .hint = "choose another with host_interface_name="});
    }
    if (query.mtu) {
        view.default_route_mtu = route::default_route_mtu(route);
    }
    if (query.firewall) {
        look_at_firewall(view, route, netfilter, directory);
    }
    if (query.forwarding4 || query.forwarding6) {
        look_at_forwarding(view, query, route);
    }
    for (const auto& name : query.plugins) {
        view.plugins.push_back(find_executable(name, {query.plugin_directories.begin(),
                                                      query.plugin_directories.end()})
                                   .value_or(""));
    }
    if (!query.docker_network.empty()) {
        look_at_docker(view, query, directory);
    }
    if (!query.hosts_file.empty()) {
        view.hosts_file_problem = HostsFile::open(query.hosts_file).problem;
    }
    return view;
}

} // namespace ocinet
