// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "drivers/driver.h"

/// By which elements the policy knows a network and its containers (policy/policy.nft).
namespace ocinet::drivers {

/// Those that the network's containers share.
std::vector<nft::Element> network_elements(const Request& request);

/// A container's port of the network's bridge.
struct BridgePort {
    /// The host's end of the container's link.
    std::string name;
    /// Of the container's end, and what it may send from.
    Mac mac;
    std::vector<Prefix> addresses;
    Mac bridge;
};

/// Those of one container.
std::vector<nft::Element> port_elements(const Request& request, const BridgePort& port);

} // namespace ocinet::drivers
