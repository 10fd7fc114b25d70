// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers/parts/on_parent.h"

#include <sys/socket.h>

#include "drivers/parts/addresses.h"
#include "drivers/parts/container_link.h"
#include "drivers/parts/hosts.h"
#include "drivers/parts/parent.h"
#include "netsetup/base/error.h"

namespace ocinet::drivers {

namespace {

void refuse_contradictions(const Request& request) {
    if (!request.publish.empty()) {
        throw Error(label(request) + ": no port of it can be published")
            .hint("its containers are reached at their own addresses");
    }
    if (!request.attachment.host_interface.empty()) {
        throw Error(label(request) + ": host_interface_name= means nothing here")
            .hint("the host has no interface of the container's");
    }
    if (request.network.subnets.empty() && !request.attachment.addresses.empty()) {
        throw Error(label(request) + ": ip= means nothing here: the network has no subnet");
    }
    refuse_bad_routes(request);
}

// Neighbours learn where the addresses are. That of IPv6 takes a MAC address that can be set
// (announce.cpp): set anew, one that is the parent's would be set there, too.
void announce(Plan& plan, const Request& request, const std::vector<Prefix>& addresses,
              const ops::CreateUpperLink& link, const Mac& mac) {
    ops::AnnounceAddress op{.interface = link.name, .mac = mac};
    for (const auto& address : addresses) {
        if (link.mac || address.address.is_v4()) {
            op.addresses.push_back(address.address);
        }
    }
    if (!op.addresses.empty() && asks_neighbours(request)) {
        plan.own.push_back({label(request), std::move(op)});
    }
}

bool has_host_link(const Request& request) {
    return request.network.driver == "macvlan" && request.network.host_access;
}

std::string host_link_of(const Request& request) {
    return oci::default_interface(request.network.name);
}

// Of the parent's addresses those that neighbours on the network can have, too.
std::vector<IpAddress> global_addresses(const HostView& view, int family) {
    const Prefix link_local = *Prefix::parse("fe80::/10");
    std::vector<IpAddress> addresses;
    for (const auto& prefix : view.parent_addresses) {
        if (prefix.address.family() == family && !link_local.contains(prefix.address)) {
            addresses.push_back(prefix.address);
        }
    }
    return addresses;
}

void add_host_link(Plan& plan, const Request& request, const HostView& view,
                   const std::string& parent, NameSource& names) {
    const link::Link& base = found_parent(request, view);
    const std::string name = host_link_of(request);
    const std::string alias = link_alias("", request.network.name);
    if (view.host_link && (view.host_link->kind != "macvlan" || view.host_link->alias != alias)) {
        throw Error(label(request) + ": the host has an interface " + name +
                    " already, which is not this network's");
    }
    const auto& wanted = view.parents.front().link;
    if (view.host_link && (!wanted || view.host_link->lower != wanted->index)) {
        throw Error(label(request) + ": containers use the network as it was before its parent "
                                     "changed")
            .hint("stop them first, or take the change back");
    }
    const bool ipv6 = request.network.has(AF_INET6);
    plan.shared.push_back(
        {label(request),
         ops::EnsureHostLink{.network = request.network.name,
                             .parent = parent,
                             .name = name,
                             .temporary = names.link_name(),
                             // Of this host alone, whatever networks others call so.
                             .mac = mac_of(base.mac.text() + " " + request.network.name),
                             .ipv6 = ipv6,
                             .addresses =
                                 ipv6 ? global_addresses(view, AF_INET6) : std::vector<IpAddress>(),
                             .found = view.host_link.has_value()}});
}

// From the address by which the network knows the host: with none on the interface itself, the
// kernel would take any that the host has.
void add_host_routes(Plan& plan, const Request& request, const HostView& view,
                     const std::vector<Prefix>& addresses) {
    for (const auto& address : addresses) {
        ops::AddHostRoute route{.address = address.address, .link = host_link_of(request)};
        for (const auto& own : global_addresses(view, address.address.family())) {
            if (address.contains(own)) {
                route.source = own;
                break;
            }
        }
        plan.own.push_back({label(request), std::move(route)});
    }
}

} // namespace

HostQuery query_on_parent(const Request& request, const std::string& as) {
    refuse_contradictions(request);
    std::string ignored;
    return {.addresses = wanted_addresses(request),
            .parent = wanted_parent(request, as),
            .host_link = has_host_link(request) ? host_link_of(request) : "",
            .hosts_file = writable_hosts_file(request, ignored)};
}

Plan plan_on_parent(const Request& request, const HostView& view, const std::string& as,
                    ops::CreateUpperLink link) {
    Plan plan;
    NameSource names(request.seed);
    const auto addresses = found_addresses(request, view);
    const link::Link& base = found_parent(request, view);
    take_addresses(plan, request, addresses);
    link.parent = add_parent(plan, request, view, names);
    plan.shared.push_back({label(request), ops::UseParent{.parent = link.parent, .as = as}});
    if (has_host_link(request)) {
        add_host_link(plan, request, view, link.parent, names);
        add_host_routes(plan, request, view, addresses);
    }
    link.temporary = names.link_name();
    link.name = request.attachment.interface;
    link.mtu = request.network.mtu.value_or(parent_mtu(view));
    link.alias = link_alias(request.container_id, request.network.name);
    const Mac mac = link.mac.value_or(base.mac);
    plan.own.push_back({label(request), link});
    configure_link(plan, request, addresses);
    if (request.network.ipam == oci::Network::Ipam::dhcp) {
        plan.own.push_back(
            {label(request), ops::RunDhcpClient{.interface = link.name,
                                                .default_route = request.default_route4,
                                                .metric = request.network.metric,
                                                .internal = request.network.internal}});
    }
    announce(plan, request, addresses, link, mac);
    add_hosts(plan, request, view, addresses);
    plan.attached.push_back(summary(request, addresses, mac));
    return plan;
}

} // namespace ocinet::drivers
