// SPDX-License-Identifier: GPL-2.0-or-later
// The network driver "bridge": an isolated IPv4 network of the host's; masqueraded on the way out,
// reached through published ports on the way in.
#include <algorithm>
#include <set>
#include <utility>

#include "drivers/driver.h"
#include "drivers/parts/addresses.h"
#include "drivers/parts/hosts.h"
#include "drivers/parts/publish.h"
#include "netsetup/base/error.h"

namespace ocinet::drivers {

namespace {

using Found = ops::EnsureBridge::Found;

std::string interface_of(const Request& request) {
    return request.attachment.interface.empty() ? "eth0" : request.attachment.interface;
}

void refuse_contradictions(const Request& request) {
    const oci::Subnet& subnet = subnet_of(request);
    if (request.network.internal && !request.publish.empty()) {
        throw Error(label(request) + ": the network is internal: no port of it can be published");
    }
    std::set<std::pair<Prefix, std::uint32_t>> destinations;
    if (!request.network.internal) {
        destinations.insert({Prefix(), 0}); // the default route is by the network's gateway
    }
    for (const auto& route : request.network.routes) {
        if (!destinations.insert({route.destination, route.metric}).second) {
            throw Error(label(request) + ": two routes to " + route.destination.text())
                .hint("routes to the same destination need different metrics");
        }
        if (!subnet.subnet.contains(route.gateway)) {
            throw Error(label(request) + ": the route to " + route.destination.text() +
                        " has its gateway " + route.gateway.text() + " outside the subnet " +
                        subnet.subnet.text());
        }
    }
}

ops::EnsureBridge wanted_bridge(const Request& request, NameSource& names) {
    const oci::Subnet& subnet = subnet_of(request);
    return {.network = request.network.name,
            .name = request.network.interface,
            .temporary = names.link_name(),
            .mac = mac_of(subnet.gateway),
            .mtu = request.network.mtu,
            .addresses = {{subnet.gateway, subnet.subnet.length}},
            .route_localnet = !request.network.internal};
}

// What of the wanted bridge is there. A bridge that is not ours is never touched.
Found found_bridge(const Request& request, const ops::EnsureBridge& wanted, const HostView& view) {
    if (!view.bridge) {
        return Found::absent;
    }
    const link::Link& found = *view.bridge;
    if (found.alias != link_alias("", wanted.network) || found.kind != "bridge") {
        throw Error(label(request) + ": the host has an interface " + wanted.name +
                    " already, which is not this network's")
            .hint("give the network another name for its bridge: network_interface");
    }
    const auto has = [&](const Prefix& address) {
        return std::find(view.bridge_addresses.begin(), view.bridge_addresses.end(), address) !=
               view.bridge_addresses.end();
    };
    const bool complete = found.up && found.mac == wanted.mac && found.mtu == wanted.mtu &&
                          found.ipv6_disabled && found.route_localnet == wanted.route_localnet &&
                          std::all_of(wanted.addresses.begin(), wanted.addresses.end(), has);
    return complete ? Found::complete : Found::incomplete;
}

// By these the policy knows the network.
std::vector<nft::Element> network_elements(const Request& request) {
    const std::string& bridge = request.network.interface;
    const std::string subnet = subnet_of(request).subnet.text();
    const std::string& comment = request.network.name;
    std::vector<nft::Element> elements{
        {.set = "bridges", .key = {bridge}, .comment = comment},
        {.set = "same", .key = {bridge, bridge}, .comment = comment}};
    if (request.network.internal) {
        elements.push_back({.set = "internals", .key = {bridge}, .comment = comment});
    } else {
        elements.push_back({.set = "masq4", .key = {subnet}, .comment = comment});
        elements.push_back({.set = "hairpin4", .key = {subnet, subnet}, .comment = comment});
    }
    return elements;
}

ops::EnableForwarding wanted_forwarding(const HostView& view) {
    ops::EnableForwarding op{.turn_on = !view.forwards_ipv4};
    if (op.turn_on) {
        for (const auto& interface : view.interfaces) {
            if (interface.forwards) {
                op.forwarded.push_back(interface.name);
            } else if (interface.name != "lo") {
                op.guarded.push_back(interface.name);
            }
        }
        if (view.forwards_by_default) {
            op.forwarded.emplace_back("default");
        }
        op.refused_redirects = !view.accepts_redirects;
    }
    return op;
}

void add_shared(Plan& plan, const Request& request, const HostView& view, NameSource& names) {
    const bool policy_is_loaded = view.policy_version == nft::policy_version;
    const auto add = [&](Operation operation) {
        plan.shared.push_back({label(request), std::move(operation)});
    };
    add(ops::TakeAddress{wanted_address(request).range, view.addresses.at(0)});
    add(ops::EnsurePolicy{
        .loaded = policy_is_loaded, .file = request.policy_file, .lost = view.lost});
    if (!request.network.internal) {
        add(wanted_forwarding(view));
    }
    ops::EnsureBridge bridge = wanted_bridge(request, names);
    bridge.found = found_bridge(request, bridge, view);
    add(std::move(bridge));
    // Before any container's link: at no time is there a bridge's port without the rules for it.
    add(ops::ShareElements{.network = request.network.name,
                           .elements = network_elements(request),
                           .in_use = view.network_in_use});
}

void add_link(Plan& plan, const Request& request, const IpAddress& address, const Mac& mac,
              NameSource& names) {
    const oci::Subnet& subnet = subnet_of(request);
    const std::string interface = interface_of(request);
    ops::ConfigureLink link{.name = interface, .addresses = {{address, subnet.subnet.length}}};
    if (!request.network.internal) {
        link.routes.push_back({.gateway = subnet.gateway});
    }
    for (const auto& route : request.network.routes) {
        link.routes.push_back({route.destination, route.gateway, route.metric});
    }
    const auto add = [&](Operation operation) {
        plan.own.push_back({label(request), std::move(operation)});
    };
    add(ops::CreateVeth{.name = names.link_name(),
                        .mac = host_end_mac_of(address),
                        .alias = link_alias(request.container_id, request.network.name),
                        .bridge = request.network.interface,
                        .mtu = request.network.mtu,
                        .peer = interface,
                        .peer_mac = mac});
    add(ops::RaiseLoopback{});
    add(std::move(link));
}

Attached summary(const Request& request, const IpAddress& address, const Mac& mac,
                 const std::vector<oci::PortMapping>& ports, const std::string& host_interface) {
    const oci::Subnet& subnet = subnet_of(request);
    Attached attached{.network = request.network.name,
                      .driver = request.network.driver,
                      .interface = interface_of(request),
                      .host_interface = host_interface,
                      .mac = mac.text(),
                      .addresses = {Prefix{address, subnet.subnet.length}.text()},
                      .gateway = request.network.internal ? "" : subnet.gateway.text()};
    for (const auto& port : ports) {
        attached.ports.push_back(published_text(port));
    }
    return attached;
}

} // namespace

HostQuery query_bridge(const Request& request) {
    refuse_contradictions(request);
    std::string ignored;
    return {.addresses = {wanted_address(request)},
            .ports = port_claims(request),
            .network = request.network.name,
            .bridge = request.network.interface,
            .subnets = {subnet_of(request).subnet},
            .firewall = true,
            .hosts_file = writable_hosts_file(request, ignored)};
}

Plan plan_bridge(const Request& request, const HostView& view) {
    const IpAddress address = view.addresses.at(0);
    const Mac mac = request.attachment.mac.value_or(mac_of(address));
    const auto ports = chosen_ports(request, view);
    NameSource names(request.seed);
    Plan plan;
    add_shared(plan, request, view, names);
    add_link(plan, request, address, mac, names);
    const std::string host_interface = std::get<ops::CreateVeth>(plan.own.front().operation).name;
    publish(plan, request, ports, address);
    plan.own.push_back(
        {label(request), ops::AnnounceAddress{{host_interface, request.network.interface},
                                              interface_of(request),
                                              address}});
    add_hosts(plan, request, view, address, subnet_of(request).gateway);
    plan.attached.push_back(summary(request, address, mac, ports, host_interface));
    return plan;
}

} // namespace ocinet::drivers
