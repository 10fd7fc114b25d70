// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/tunnels.h"

#include <linux/netlink.h>

#include <algorithm>
#include <iterator>

#include "netsetup/base/log.h"
#include "netsetup/base/names.h"
#include "netsetup/link.h"
#include "oci-config/network.h"

namespace ocinet::overlay {

namespace {

constexpr std::size_t most_to_ask = 4096;

// Nobody elsewhere has the MAC addresses that this host's own links have.
std::vector<endpoints::Endpoint> without(std::vector<endpoints::Endpoint> endpoints,
                                         const std::set<Mac>& own) {
    std::erase_if(endpoints, [&](const endpoints::Endpoint& one) { return own.contains(one.mac); });
    return endpoints;
}

std::set<Mac> differing(const std::set<Mac>& one, const std::set<Mac>& other) {
    std::set<Mac> macs;
    std::set_symmetric_difference(one.begin(), one.end(), other.begin(), other.end(),
                                  std::inserter(macs, macs.end()));
    return macs;
}

bool concerns(const std::map<Whose, endpoints::Endpoint>& endpoints, const std::set<Mac>& macs) {
    return !macs.empty() && std::any_of(endpoints.begin(), endpoints.end(), [&](const auto& one) {
        return macs.contains(one.second.mac);
    });
}

// Who becomes a peer, and who is none any more.
struct Peers {
    std::set<IpAddress> come;
    std::set<IpAddress> gone;
};

Peers count(std::map<IpAddress, std::size_t>& peers, const View::Difference& difference) {
    Peers changed;
    for (const auto& endpoint : difference.come) {
        if (++peers[endpoint.host] == 1) {
            changed.come.insert(endpoint.host);
        }
    }
    for (const auto& endpoint : difference.gone) {
        if (--peers[endpoint.host] == 0) {
            peers.erase(endpoint.host);
            if (changed.come.erase(endpoint.host) == 0) {
                changed.gone.insert(endpoint.host);
            }
        }
    }
    return changed;
}

} // namespace

Tunnels::Tunnels()
    : watch_(LinkWatch::open()), socket_(netlink::Socket::open(NETLINK_ROUTE)),
      netfilter_(netlink::Socket::open(NETLINK_NETFILTER)) {}

// A bridge that was down has forgotten its neighbours. Of large networks that is not asked about at
// each port that comes or goes: their lists are long.
std::set<std::string> Tunnels::changed() {
    const auto links = watch_.changed();
    std::set<std::string> networks;
    for (auto& [name, known] : known_) {
        if (!links || links->contains(known.links.vxlan) || links->contains(known.links.bridge)) {
            networks.insert(name);
            known.is_old = known.is_old || known.endpoints <= most_to_ask;
        }
    }
    return networks;
}

std::optional<Tunnels::Known> Tunnels::look(const Network& network) {
    const auto vxlan = link::find(socket_, oci::default_interface(network.name, "vx-"));
    const auto bridge = link::find(socket_, network.bridge);
    if (!vxlan || !bridge || vxlan->alias != link_alias("", network.name) ||
        vxlan->master != bridge->index) {
        return std::nullopt;
    }
    Known known{.links = {.vxlan = vxlan->index, .bridge = bridge->index}, .own = network.own};
    known.own.insert({bridge->mac, vxlan->mac});
    return known;
}

// Entries first, peers then: who loads the policy meanwhile finds in the device whom it lets in
// (peers::by_devices()).
std::size_t Tunnels::tell_difference(const Network& network, const Known& before, Known& now,
                                     const View::Difference& difference) {
    const View::Difference told{.gone = without(difference.gone, before.own),
                                .come = without(difference.come, now.own)};
    const auto changed = endpoints::change(socket_, now.links, told.gone, told.come);
    now.peers = before.peers;
    const Peers peers = count(now.peers, told);
    if (network.guarded) {
        peers::change(netfilter_, *network.guarded, peers.gone, peers.come);
    }
    return changed;
}

std::size_t Tunnels::tell_all(const Network& network, Known& now,
                              const std::map<Whose, endpoints::Endpoint>& wanted) {
    View::Difference all;
    for (const auto& [whose, endpoint] : wanted) {
        all.come.push_back(endpoint);
    }
    all.come = without(std::move(all.come), now.own);
    const auto changed = endpoints::synchronise(socket_, now.links, all.come);
    const Peers peers = count(now.peers, all);
    if (network.guarded) {
        peers::synchronise(netfilter_, *network.guarded, peers.come);
    }
    return changed;
}

void Tunnels::apply(const Network& network, const std::map<Whose, endpoints::Endpoint>& wanted,
                    const View::Difference& difference) {
    const auto known = known_.extract(network.name);
    auto now = look(network);
    if (!now) {
        if (network.guarded && known) { // the hook may have taken them back before the last came
            peers::synchronise(netfilter_, *network.guarded, {});
        }
        return;
    }
    now->endpoints = wanted.size();
    const bool is_told = known && !known.mapped().is_old && known.mapped().links == now->links &&
                         !concerns(wanted, differing(known.mapped().own, now->own));
    const auto changed = is_told ? tell_difference(network, known.mapped(), *now, difference)
                                 : tell_all(network, *now, wanted);
    if (changed != 0) {
        log::debug("network \"" + network.name + "\": " + std::to_string(changed) +
                   " entries of the kernel changed, " + std::to_string(wanted.size()) +
                   " containers elsewhere");
    }
    if (network.guarded && !look(network)) { // its last container has gone meanwhile
        peers::synchronise(netfilter_, *network.guarded, {});
        return;
    }
    known_[network.name] = std::move(*now);
}

} // namespace ocinet::overlay
