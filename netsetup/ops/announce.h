// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/operation.h"

namespace ocinet::ops {

/// Tells the neighbours the container's addresses, after the bridge's port has begun to forward: a
/// gratuitous ARP request for each IPv4 one (RFC 5227, section 3), an unsolicited neighbour
/// advertisement for each IPv6 one (RFC 4861, section 7.2.6).
struct AnnounceAddress {
    static constexpr const char* journal_name = "announce-address";

    /// On the packet's way, from the container on: the host's end of its link, then the bridge.
    /// Each must have noticed that it has a carrier.
    std::vector<std::string> way;
    std::string interface;
    Mac mac;
    std::vector<IpAddress> addresses;
};
OCINET_OPERATION(AnnounceAddress)

} // namespace ocinet::ops
