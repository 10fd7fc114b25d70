// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/foreign_networks.h"
#include "cli/networks.h"
#include "netsetup/base/address.h"
#include "netsetup/base/names.h"
#include "netsetup/netlink.h"

/// Which subnet a new network can have. But for looking at the kernel these are pure functions.
namespace ocinet::cli {

/// Addresses that are used on this host, or reached from it.
struct InUse {
    enum class By {
        /// Another network, ours or Podman's: it must not share an address with a new one.
        network,
        /// The host's own address must not be a container's.
        address,
        /// One that is wider than a new network is no obstacle: the more specific route wins.
        route,
    };

    Prefix prefix;
    By by = By::route;
    /// For messages: `network "web"`, `a route of the host's`.
    std::string what;
};

std::vector<InUse> prefixes_in_use(netlink::Socket& route,
                                   const std::vector<KnownNetwork>& networks,
                                   const std::vector<ForeignNetwork>& podmans);

/// What a network with this subnet would collide with; nothing when it can be made.
std::optional<InUse> collision(const Prefix& subnet, const std::vector<InUse>& in_use);

/// The first /24 of 10.91.0.0/16 that overlaps nothing; throws Error when there is none.
Prefix free_ipv4_subnet(const std::vector<InUse>& in_use);
/// A /64 of the unique local addresses, drawn at random (RFC 4193, section 3.2), that overlaps
/// nothing; throws Error when there is none.
Prefix free_ipv6_subnet(const std::vector<InUse>& in_use, NameSource& random);

} // namespace ocinet::cli
