// SPDX-License-Identifier: GPL-2.0-or-later
// The network driver "bridge": an isolated network of the host's, masqueraded on the way out,
// reached through published ports on the way in; or (mode=unmanaged) a port of an operator's
// bridge, and nothing else.
#include "drivers/parts/bridged.h"

namespace ocinet::drivers {

HostQuery query_bridge(const Request& request) {
    return query_bridged(request);
}

Plan plan_bridge(const Request& request, const HostView& view) {
    return plan_bridged(request, view);
}

} // namespace ocinet::drivers
