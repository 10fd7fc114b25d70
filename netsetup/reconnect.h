// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/operation.h"
#include "netsetup/ops/veth.h"

namespace ocinet {

/// Brings the host's end of a container's link back to what CreateVeth made of it: a port of its
/// bridge, up, with its MAC address and MTU. False when it is gone, or not ours; what has happened
/// inside the container stays.
bool reconnect(const ops::CreateVeth& op, netlink::Socket& route);

} // namespace ocinet
