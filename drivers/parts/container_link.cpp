// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers/parts/container_link.h"

#include <sys/socket.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "drivers/parts/addresses.h"
#include "netsetup/base/error.h"

namespace ocinet::drivers {

void take_addresses(Plan& plan, const Request& request, const std::vector<Prefix>& addresses) {
    const auto wanted = wanted_addresses(request);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        plan.shared.push_back(
            {label(request),
             ops::TakeAddress{range_with(wanted[i], addresses[i].address), addresses[i].address}});
    }
}

namespace {

bool gives_default_route(const Request& request, int family) {
    return (family == AF_INET ? request.default_route4 : request.default_route6) &&
           gateway_of(request.network, family).has_value(); // DHCP brings its own
}

} // namespace

bool asks_neighbours(const Request& request) {
    return !request.network.mode.starts_with("l3");
}

std::optional<IpAddress> default_gateway(const Request& request, int family) {
    return gives_default_route(request, family) && asks_neighbours(request)
               ? gateway_of(request.network, family)
               : std::nullopt;
}

void configure_link(Plan& plan, const Request& request, const std::vector<Prefix>& addresses) {
    plan.own.push_back({label(request), ops::RaiseLoopback{}});
    ops::ConfigureLink link{.name = request.attachment.interface,
                            .ipv6 = request.network.has(AF_INET6) || request.network.slaac,
                            .slaac = request.network.slaac,
                            .addresses = addresses};
    for (const int family : {AF_INET, AF_INET6}) {
        if (gives_default_route(request, family)) {
            link.routes.push_back({.destination = {IpAddress::any(family), 0},
                                   .gateway = default_gateway(request, family),
                                   .metric = request.network.metric});
        }
    }
    for (const auto& route : request.network.routes) {
        link.routes.push_back({route.destination,
                               asks_neighbours(request) ? route.gateway : std::nullopt,
                               route.metric, oci::name_of(route.type)});
    }
    plan.own.push_back({label(request), std::move(link)});
}

Attached summary(const Request& request, const std::vector<Prefix>& addresses, const Mac& mac) {
    Attached attached{.network = request.network.name,
                      .driver = request.network.driver,
                      .interface = request.attachment.interface,
                      .mac = mac.text()};
    for (const auto& address : addresses) {
        attached.addresses.push_back(address.text());
    }
    for (const int family : {AF_INET, AF_INET6}) {
        if (const auto gateway = default_gateway(request, family)) {
            attached.gateways.push_back(gateway->text());
        }
    }
    return attached;
}

void refuse_bad_routes(const Request& request) {
    const oci::Network& network = request.network;
    std::set<std::tuple<Prefix, std::uint32_t>> destinations;
    if (request.default_route4) {
        destinations.insert({Prefix{IpAddress::any(AF_INET), 0}, network.metric});
    }
    if (request.default_route6) {
        destinations.insert({Prefix{IpAddress::any(AF_INET6), 0}, network.metric});
    }
    for (const auto& route : network.routes) {
        if (!destinations.insert({route.destination, route.metric}).second) {
            throw Error(label(request) + ": two routes to " + route.destination.text())
                .hint("routes to the same destination need different metrics");
        }
        const auto reaches = [&](const oci::Subnet& subnet) {
            return subnet.subnet.contains(*route.gateway);
        };
        if (route.gateway &&
            std::none_of(network.subnets.begin(), network.subnets.end(), reaches)) {
            throw Error(label(request) + ": the route to " + route.destination.text() +
                        " has its gateway " + route.gateway->text() +
                        " outside the network's subnets");
        }
    }
}

} // namespace ocinet::drivers
