// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "drivers/driver.h"

/// By which elements the policy knows a network and its containers (policy/policy.nft).
namespace ocinet::drivers {

/// Those that the network's containers share.
std::vector<nft::Element> network_elements(const Request& request);

/// Those of one container's port of the network's bridge.
std::vector<nft::Element> port_elements(const Request& request, const std::string& port,
                                        const Mac& bridge);

} // namespace ocinet::drivers
