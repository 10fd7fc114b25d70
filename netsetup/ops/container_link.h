// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/operation.h"

namespace ocinet::ops {

/// Raises the container's lo: a runtime does it for a namespace that it made, nobody for one that
/// it was given.
struct RaiseLoopback {
    static constexpr const char* journal_name = "raise-loopback";
};
OCINET_OPERATION(RaiseLoopback)

/// Addresses, routes and settings of an interface in the container, and the interface up.
struct ConfigureLink {
    static constexpr const char* journal_name = "configure-link";

    struct Route {
        /// Of length 0: the default route.
        Prefix destination;
        /// Nothing where the route leads nowhere, or to whoever is on the link.
        std::optional<IpAddress> gateway;
        /// 0: the kernel's default.
        std::uint32_t metric = 0;
        /// As ip(8) names it: unicast, blackhole, unreachable, prohibit.
        std::string type = "unicast";
    };

    std::string name;
    /// The interface has IPv6.
    bool ipv6 = false;
    /// Router advertisements give it addresses and routes (RFC 4862).
    bool slaac = false;
    std::vector<Prefix> addresses;
    std::vector<Route> routes;
};

/// Undo: Nothing: all of it goes with the interface.
OCINET_OPERATION(ConfigureLink)

} // namespace ocinet::ops
