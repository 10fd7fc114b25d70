// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers/requests.h"

namespace ocinet::drivers {

std::vector<Request> requests_for(const ContainerFacts& container,
                                  const oci::ContainerRequest& wanted,
                                  const std::vector<oci::Network>& networks) {
    std::vector<Request> requests;
    for (std::size_t i = 0; i < wanted.attachments.size(); ++i) {
        requests.push_back({.container_id = container.id,
                            .container_name = wanted.name,
                            .network = networks.at(i),
                            .attachment = wanted.attachments[i],
                            .publish = wanted.publish,
                            .bundle = container.bundle,
                            .in_host_network = container.in_host_network,
                            .policy_file = container.policy_file,
                            .seed = container.seed + i});
    }
    return requests;
}

} // namespace ocinet::drivers
