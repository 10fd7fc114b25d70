// SPDX-License-Identifier: GPL-2.0-or-later
// The network driver "macvlan": the container stands on the network of one of the host's
// interfaces, or of a VLAN on it, with a MAC address of its own.
#include "drivers/driver.h"
#include "drivers/parts/addresses.h"
#include "drivers/parts/on_parent.h"
#include "drivers/parts/parent.h"
#include "netsetup/base/error.h"

namespace ocinet::drivers {

namespace {

bool is_passthru(const Request& request) {
    return request.network.mode == "passthru";
}

// In this mode the interface is the parent's second face, with its MAC address.
std::string use_of(const Request& request) {
    return is_passthru(request) ? "passthru" : "macvlan";
}

// An access point answers to the one address that was authenticated (IEEE 802.11, 3-address
// format).
void refuse_wifi(const Request& request, const HostView::Parent& parent) {
    if (parent.is_wifi && !is_passthru(request)) {
        throw Error(label(request) + ": interface " + parent.name +
                    " is Wi-Fi, which carries one MAC address only")
            .hint("use the driver ipvlan, whose interfaces share the parent's");
    }
}

} // namespace

HostQuery query_macvlan(const Request& request) {
    if (is_passthru(request) && request.attachment.mac) {
        throw Error(label(request) + ": mac= means nothing in mode passthru")
            .hint("the container's interface has its parent's MAC address");
    }
    return query_on_parent(request, use_of(request));
}

Plan plan_macvlan(const Request& request, const HostView& view) {
    refuse_wifi(request, view.parents.back());
    ops::CreateUpperLink link{.kind = "macvlan",
                              .mode = request.network.mode,
                              .broadcast_limit = request.network.broadcast_limit};
    if (!is_passthru(request)) {
        // Not one that follows from the container's address: what an earlier container had stays on
        // the parent a moment longer than that one, and the kernel gives no MAC address twice.
        NameSource names(request.seed);
        link.mac = request.attachment.mac ? *request.attachment.mac : random_mac(names);
    }
    return plan_on_parent(request, view, use_of(request), std::move(link));
}

} // namespace ocinet::drivers
