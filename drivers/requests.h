// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "drivers/driver.h"

namespace ocinet::drivers {

/// What is the same for all attachments of one container.
struct ContainerFacts {
    std::string id;
    oci::Bundle bundle;
    bool in_host_network = false;
    std::string host_name;
    /// Of overlay networks: addresses in no range of this host's that it may give all the same.
    std::vector<IpAddress> granted = {};
    std::string policy_file;
    std::uint64_t seed = 0;
};

/// One request for each network that the container asks for; `networks` holds their definitions,
/// in the order of the attachments.
std::vector<Request> requests_for(const ContainerFacts& container,
                                  const oci::ContainerRequest& wanted,
                                  const std::vector<oci::Network>& networks);

} // namespace ocinet::drivers
