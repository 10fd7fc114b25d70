// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "netsetup/base/address.h"
#include "netsetup/netlink.h"

namespace ocinet::link {

/// Where the host's routes of one family lead, of all tables but `local`, and but for the default
/// routes and the link-local ones.
std::vector<Prefix> routed_prefixes(netlink::Socket& socket, int family);

} // namespace ocinet::link
