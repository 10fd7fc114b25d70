// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "drivers/driver.h"
#include "netsetup/base/address.h"
#include "netsetup/base/deadline.h"
#include "netsetup/base/fd.h"

namespace ocinet::hook {

/// Addresses of overlay networks that a container asks for by ip=, and that are in no block of this
/// host's: ocinet-overlay asks etcd for them. They are this host's as long as this lives, and then
/// as long as the container's record names them.
struct Grants {
    std::vector<IpAddress> addresses;
    /// Connections to ocinet-overlay.
    std::vector<Fd> held;
};

/// Asks and waits, where there are such; throws Error when one of them cannot be had.
Grants ask_for_addresses(const std::vector<drivers::Request>& requests, Deadline deadline);

} // namespace ocinet::hook
