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

} // namespace

Tunnels::Tunnels() : watch_(LinkWatch::open()), socket_(netlink::Socket::open(NETLINK_ROUTE)) {}

// A bridge that was down has forgotten its neighbours. Of large networks that is not asked about at
// each port that comes or goes: their lists are long.
std::set<std::string> Tunnels::changed() {
    const auto links = watch_.changed();
    std::set<std::string> networks;
    for (const auto& [name, known] : known_) {
        if (!links || links->contains(known.links.vxlan) || links->contains(known.links.bridge)) {
            networks.insert(name);
        }
    }
    std::erase_if(known_, [&](const auto& known) {
        return networks.contains(known.first) && known.second.endpoints <= most_to_ask;
    });
    return networks;
}

void Tunnels::apply(const std::string& network, const std::string& bridge,
                    const std::map<Whose, endpoints::Endpoint>& wanted,
                    const View::Difference& difference, const std::set<Mac>& own) {
    const auto known = known_.extract(network);
    const auto vxlan = link::find(socket_, oci::default_interface(network, "vx-"));
    const auto link = link::find(socket_, bridge);
    if (!vxlan || !link || vxlan->alias != link_alias("", network) ||
        vxlan->master != link->index) {
        return;
    }
    const endpoints::Links links{.vxlan = vxlan->index, .bridge = link->index};
    Known now{.links = links, .own = own, .endpoints = wanted.size()};
    now.own.insert({link->mac, vxlan->mac});
    std::size_t changed = 0;
    if (known && known.mapped().links == links &&
        !concerns(wanted, differing(known.mapped().own, now.own))) {
        changed = endpoints::change(socket_, links, without(difference.gone, now.own),
                                    without(difference.come, now.own));
    } else {
        std::vector<endpoints::Endpoint> all;
        for (const auto& [whose, endpoint] : wanted) {
            all.push_back(endpoint);
        }
        changed = endpoints::synchronise(socket_, links, without(std::move(all), now.own));
    }
    if (changed != 0) {
        log::debug("network \"" + network + "\": " + std::to_string(changed) +
                   " entries of the kernel changed, " + std::to_string(wanted.size()) +
                   " containers elsewhere");
    }
    known_[network] = std::move(now);
}

} // namespace ocinet::overlay
