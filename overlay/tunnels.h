// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "netsetup/endpoints.h"
#include "netsetup/link_watch.h"
#include "netsetup/netlink.h"
#include "netsetup/peers.h"
#include "overlay/view.h"

namespace ocinet::overlay {

/// Makes the kernel know where an overlay network's containers on other hosts are, and that those
/// hosts alone may send here, as far as the network's links are there: the hook makes them, with
/// the first container on this host, and its last one takes them away.
class Tunnels {
public:
    Tunnels();

    /// Readable when a link has changed; changed() before the next apply().
    int descriptor() const { return watch_.descriptor(); }
    /// Networks whose links have.
    std::set<std::string> changed();
    /// Whether the network's links were there at its last apply().
    bool knows(const std::string& network) const { return known_.contains(network); }

    /// One of this host's.
    struct Network {
        std::string name;
        std::string bridge;
        /// Where the policy is told of peers (netsetup/peers.h).
        std::optional<peers::Tunnel> guarded;
        /// The MAC addresses of its containers on this host, which are nowhere else.
        std::set<Mac> own;
    };
    /// `wanted`, of which `difference` is what changed since the last call. Throws Error; the next
    /// time everything is compared with the kernel.
    void apply(const Network& network, const std::map<Whose, endpoints::Endpoint>& wanted,
               const View::Difference& difference);
    /// What changed was not told: the next time everything is compared.
    void forget(const std::string& network) { known_.erase(network); }

private:
    struct Known {
        endpoints::Links links;
        /// What was left out: this host's links and containers have these.
        std::set<Mac> own;
        std::size_t endpoints = 0;
        /// How many of them each host has.
        std::map<IpAddress, std::size_t> peers;
        /// The kernel may have lost some of it.
        bool is_old = false;
    };

    std::optional<Known> look(const Network& network);
    // How many entries of the kernel they changed.
    std::size_t tell_difference(const Network& network, const Known& before, Known& now,
                                const View::Difference& difference);
    std::size_t tell_all(const Network& network, Known& now,
                         const std::map<Whose, endpoints::Endpoint>& wanted);

    LinkWatch watch_;
    netlink::Socket socket_;
    netlink::Socket netfilter_;
    /// That the kernel was told all, by network.
    std::map<std::string, Known> known_;
};

} // namespace ocinet::overlay
