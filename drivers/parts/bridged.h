// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "drivers/driver.h"

/// A network that is a bridge of the host's: an isolated network, masqueraded on the way out,
/// reached through published ports on the way in; or (mode=unmanaged) an operator's bridge, of
/// which a container's link becomes a port, and nothing else.
namespace ocinet::drivers {

/// What a driver adds to it.
struct Beyond {
    /// Nothing: the network's, or what the host's default route has.
    std::optional<unsigned> mtu = {};
    /// What all its containers share beside it, done once the bridge is there.
    std::function<std::vector<Operation>(NameSource& names)> behind_bridge = {};
    /// Whether a routing daemon of the host is to learn of its containers.
    bool advertised = false;
};

HostQuery query_bridged(const Request& request);
Plan plan_bridged(const Request& request, const HostView& view, const Beyond& beyond = {});

} // namespace ocinet::drivers
