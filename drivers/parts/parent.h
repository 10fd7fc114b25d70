// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "drivers/driver.h"

/// The link of the host's on which a container's interface stands.
namespace ocinet::drivers {

/// `as`: how it is used (ops::UseParent).
HostQuery::Parent wanted_parent(const Request& request, const std::string& as);

/// The host's own interface: the parent, or where that is a sub-interface of our making the one
/// that it is made on. Throws Error when there is none, or when nothing can stand on it.
const link::Link& found_parent(const Request& request, const HostView& view);

/// The least that the links have that are there, from the parent down to the host's own interface.
unsigned parent_mtu(const HostView& view);

/// Adds to the plan what makes and holds the parent; returns its name.
std::string add_parent(Plan& plan, const Request& request, const HostView& view, NameSource& names);

} // namespace ocinet::drivers
