// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "netsetup/operation.h"

namespace ocinet::ops {

/// The container's interface gets an address, and routes, from a DHCP server of its network (RFC
/// 2131), by a client that runs inside the container's network namespace as long as the container
/// does. Waits for the first address, until the deadline.
struct RunDhcpClient {
    static constexpr const char* journal_name = "run-dhcp-client";

    std::string interface;
    /// Take the default route that is offered, with this metric; 0: the kernel's default.
    bool default_route = false;
    std::uint32_t metric = 0;
    /// Of the routes that are offered none is taken: there is no way out.
    bool internal = false;
};

/// Undo: The client gives the address back (DHCPRELEASE) and ends.
OCINET_OPERATION(RunDhcpClient)

} // namespace ocinet::ops
