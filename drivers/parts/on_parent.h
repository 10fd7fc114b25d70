// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "drivers/driver.h"

/// What the drivers macvlan and ipvlan have in common: an interface of the container's on top of
/// one of the host's, and none of the host's firewall between it and the network out there.
namespace ocinet::drivers {

/// `as`: how the parent is used (ops::UseParent).
HostQuery query_on_parent(const Request& request, const std::string& as);

/// `link`: what the driver says of it; names, MTU and parent are added.
Plan plan_on_parent(const Request& request, const HostView& view, const std::string& as,
                    ops::CreateUpperLink link);

} // namespace ocinet::drivers
