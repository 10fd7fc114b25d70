// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/nft.h"
#include "netsetup/operation.h"

namespace ocinet::ops {

/// A container's published ports: elements of the policy's maps. Flows of UDP that are in the
/// kernel's tables already would go on as before, so they are forgotten, after every change.
struct PublishPorts {
    static constexpr const char* journal_name = "publish-ports";

    struct UdpFlows {
        std::uint16_t first = 0;
        std::uint16_t count = 1;
    };

    std::vector<nft::Element> elements;
    std::vector<UdpFlows> udp;
    /// Whose flows end with the container.
    IpAddress container;
};
OCINET_OPERATION(PublishPorts)

} // namespace ocinet::ops
