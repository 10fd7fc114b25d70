// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/operation.h"

namespace ocinet::ops {

/// Tells the neighbours the container's address: a gratuitous ARP request (RFC 5227, section 3),
/// after the bridge's port has begun to forward.
struct AnnounceAddress {
    static constexpr const char* journal_name = "announce-address";

    /// On the packet's way, from the container on: the host's end of its link, then the bridge.
    /// Each must have noticed that it has a carrier.
    std::vector<std::string> way;
    std::string interface;
    IpAddress address;
};
OCINET_OPERATION(AnnounceAddress)

} // namespace ocinet::ops
