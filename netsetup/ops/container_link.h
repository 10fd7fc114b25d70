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
        IpAddress gateway;
        /// 0: the kernel's default.
        std::uint32_t metric = 0;
    };

    std::string name;
    std::vector<Prefix> addresses;
    std::vector<Route> routes;
};

/// Undo: Nothing: all of it goes with the interface.
OCINET_OPERATION(ConfigureLink)

} // namespace ocinet::ops
