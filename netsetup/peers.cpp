// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/peers.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <iterator>
#include <utility>

#include "netsetup/base/names.h"
#include "netsetup/link.h"
#include "netsetup/nft_key.h"

namespace ocinet::peers {

namespace {

constexpr const char* guards = "tunnels";

const char* set_of(int family) {
    return family == AF_INET ? "peers4" : "peers6";
}

nft::Element element(const Tunnel& tunnel, const IpAddress& host) {
    return {.set = set_of(host.family()),
            .key = {host.text(), std::to_string(tunnel.port), std::to_string(tunnel.vni)},
            .comment = tunnel.network};
}

std::set<IpAddress> without(const std::set<IpAddress>& hosts, const std::set<IpAddress>& those) {
    std::set<IpAddress> rest;
    std::ranges::set_difference(hosts, those, std::inserter(rest, rest.end()));
    return rest;
}

bool is_device_of(const link::Link& link, const nft::Element& guard) {
    return link.vxlan && guard.key == std::vector{std::to_string(link.vxlan->port),
                                                  std::to_string(link.vxlan->vni)};
}

void for_each_device(netlink::Socket& route, const std::vector<nft::Element>& elements,
                     const std::function<void(const Tunnel& tunnel, int device)>& act) {
    for (const auto& guard : elements) {
        const auto links = guard.set == guards
                               ? link::with_alias(route, link_alias("", guard.comment))
                               : std::vector<link::Link>();
        for (const auto& link : links) {
            if (is_device_of(link, guard)) {
                act({guard.comment, link.vxlan->port, link.vxlan->vni}, link.index);
            }
        }
    }
}

} // namespace

std::vector<nft::Element> elements(const Tunnel& tunnel, const std::set<IpAddress>& hosts) {
    std::vector<nft::Element> elements;
    std::ranges::transform(hosts, std::back_inserter(elements),
                           [&](const IpAddress& host) { return element(tunnel, host); });
    return elements;
}

std::set<IpAddress> hosts_of(const std::vector<endpoints::Endpoint>& endpoints) {
    std::set<IpAddress> hosts;
    for (const auto& endpoint : endpoints) {
        hosts.insert(endpoint.host);
    }
    return hosts;
}

// A set's keys begin with the address, and those of one network end alike.
std::set<IpAddress> allowed(netlink::Socket& netfilter, const Tunnel& tunnel) {
    std::set<IpAddress> hosts;
    for (const int family : {AF_INET, AF_INET6}) {
        const auto any = IpAddress::any(family);
        const auto like = nft::encode(element(tunnel, any)).key;
        for (const auto& key : nft::keys(netfilter, set_of(family))) {
            if (key.size() == like.size() &&
                std::equal(key.begin() + std::ptrdiff_t(any.size()), key.end(),
                           like.begin() + std::ptrdiff_t(any.size()))) {
                hosts.insert(IpAddress::from_bytes(key.data(), any.size()));
            }
        }
    }
    return hosts;
}

void change(netlink::Socket& netfilter, const Tunnel& tunnel, const std::set<IpAddress>& gone,
            const std::set<IpAddress>& come) {
    nft::remove(netfilter, elements(tunnel, gone));
    try {
        nft::add(netfilter, elements(tunnel, come));
    } catch (const netlink::Refused& refused) {
        if (refused.error() != ENOENT) {
            throw;
        }
    }
}

void synchronise(netlink::Socket& netfilter, const Tunnel& tunnel,
                 const std::set<IpAddress>& wanted) {
    const auto there = allowed(netfilter, tunnel);
    change(netfilter, tunnel, without(there, wanted), without(wanted, there));
}

std::vector<nft::Element> by_devices(netlink::Socket& route,
                                     const std::vector<nft::Element>& elements) {
    std::vector<nft::Element> all;
    for_each_device(route, elements, [&](const Tunnel& tunnel, int device) {
        std::ranges::move(peers::elements(tunnel, endpoints::hosts(route, device)),
                          std::back_inserter(all));
    });
    return all;
}

// Entries are changed first: who changes them after they were read changes the policy after this.
void settle(netlink::Socket& route, netlink::Socket& netfilter,
            const std::vector<nft::Element>& elements) {
    for_each_device(route, elements, [&](const Tunnel& tunnel, int device) {
        std::set<IpAddress> hosts;
        std::set<IpAddress> now = endpoints::hosts(route, device);
        do {
            hosts = std::exchange(now, {});
            synchronise(netfilter, tunnel, hosts);
            now = endpoints::hosts(route, device);
        } while (now != hosts);
    });
}

} // namespace ocinet::peers
