// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/nft.h"
#include "netsetup/operation.h"
#include "netsetup/state/ports.h"

namespace ocinet::ops {

/// A container's published ports: elements of the policy's maps. Flows of UDP that are in the
/// kernel's tables already would go on as before, so they are forgotten, after every change.
struct PublishPorts {
    static constexpr const char* journal_name = "publish-ports";

    /// Who holds these has the elements; who does not, never had them or has them no more.
    std::vector<state::PortClaim> claims;
    std::vector<nft::Element> elements;
    /// Whose flows end with the container.
    IpAddress container;
};
OCINET_OPERATION(PublishPorts)

/// Whether the container holds the claims of the ports.
bool holds_claims(const PublishPorts& op, const state::Directory& directory,
                  const std::string& container_id);

} // namespace ocinet::ops
