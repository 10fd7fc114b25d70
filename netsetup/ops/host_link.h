// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/operation.h"

namespace ocinet::ops {

/// The host's own interface among a network's macvlans: a parent passes nothing between itself and
/// the interfaces on top of it (drivers/net/macvlan.c), between them it does. It has no IPv4
/// address, the kernel answers ARP for all that the host has; for IPv6 it does not (RFC
/// 4861, 7.2.3), and the interface has the parent's, too. Under the network's lock.
struct EnsureHostLink {
    static constexpr const char* journal_name = "ensure-host-link";

    std::string network;
    std::string parent;
    std::string name;
    /// Its name until it is complete; see names.h.
    std::string temporary;
    Mac mac;
    /// It carries IPv6.
    bool ipv6 = false;
    std::vector<IpAddress> addresses;
    /// It is there, and ours.
    bool found = false;
};

/// Undo: The last user deletes the interface, if it carries our alias.
OCINET_OPERATION(EnsureHostLink)

/// The host's way to one address of a container.
struct AddHostRoute {
    static constexpr const char* journal_name = "add-host-route";

    IpAddress address;
    /// The interface that it leads to.
    std::string link;
    /// The host's address that packets are sent from; nothing: the kernel chooses.
    std::optional<IpAddress> source;
};

/// Undo: Removes the route, if it is ours by its protocol.
OCINET_OPERATION(AddHostRoute)

} // namespace ocinet::ops
