// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/tunnels.h"

#include <linux/netlink.h>

#include <algorithm>

#include "netsetup/base/log.h"
#include "netsetup/base/names.h"
#include "netsetup/link.h"
#include "oci-config/network.h"

namespace ocinet::overlay {

namespace {

constexpr std::size_t most_to_ask = 4096;

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
        return networks.contains(known.first) && known.second.endpoints.size() <= most_to_ask;
    });
    return networks;
}

void Tunnels::apply(const std::string& network, const std::string& bridge,
                    const std::vector<endpoints::Endpoint>& wanted, const std::set<Mac>& own) {
    const auto known = known_.extract(network);
    const auto vxlan = link::find(socket_, oci::default_interface(network, "vx-"));
    const auto link = link::find(socket_, bridge);
    if (!vxlan || !link || vxlan->alias != link_alias("", network) ||
        vxlan->master != link->index) {
        return;
    }
    auto endpoints = wanted;
    // Nobody elsewhere has the MAC addresses that this host's own links have.
    std::erase_if(endpoints, [&](const endpoints::Endpoint& one) {
        return one.mac == link->mac || one.mac == vxlan->mac || own.contains(one.mac);
    });
    const endpoints::Links links{.vxlan = vxlan->index, .bridge = link->index};
    const auto* before =
        known && known.mapped().links == links ? &known.mapped().endpoints : nullptr;
    const auto changed = !before ? endpoints::synchronise(socket_, links, endpoints)
                         : *before == endpoints
                             ? 0
                             : endpoints::change(socket_, links, *before, endpoints);
    if (changed != 0) {
        log::debug("network \"" + network + "\": " + std::to_string(changed) +
                   " entries of the kernel changed, " + std::to_string(endpoints.size()) +
                   " containers elsewhere");
    }
    known_[network] = {links, std::move(endpoints)};
}

} // namespace ocinet::overlay
