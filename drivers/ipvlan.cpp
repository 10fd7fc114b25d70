// SPDX-License-Identifier: GPL-2.0-or-later
// The network driver "ipvlan": the container stands on the network of one of the host's interfaces,
// or of a VLAN on it, with that interface's MAC address. In mode l3 and l3s the interface routes:
// nobody out there finds the container who has no route to it by the host.
#include "drivers/driver.h"
#include "drivers/parts/on_parent.h"
#include "netsetup/base/error.h"

namespace ocinet::drivers {

namespace {

std::string use_of(const Request& request) {
    return "ipvlan-" + request.network.mode + "-" + request.network.flag;
}

} // namespace

HostQuery query_ipvlan(const Request& request) {
    if (request.attachment.mac) {
        throw Error(label(request) + ": mac= means nothing here")
            .hint("an ipvlan interface has its parent's MAC address");
    }
    return query_on_parent(request, use_of(request));
}

Plan plan_ipvlan(const Request& request, const HostView& view) {
    return plan_on_parent(
        request, view, use_of(request),
        {.kind = "ipvlan", .mode = request.network.mode, .flag = request.network.flag});
}

} // namespace ocinet::drivers
