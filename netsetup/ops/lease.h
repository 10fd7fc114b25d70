// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/operation.h"
#include "netsetup/state/leases.h"
#include "netsetup/state/ports.h"

namespace ocinet::ops {

/// Takes an address of a network for the container. Under the network's lock.
struct TakeAddress {
    static constexpr const char* journal_name = "take-address";

    state::AddressRange range;
    IpAddress address;
};
OCINET_OPERATION(TakeAddress)

/// Claims host ports for the container. Under the host's lock.
struct TakePorts {
    static constexpr const char* journal_name = "take-ports";

    state::PortClaim claim;
};
OCINET_OPERATION(TakePorts)

} // namespace ocinet::ops
