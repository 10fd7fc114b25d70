// SPDX-License-Identifier: GPL-2.0-or-later
// The network "none": nothing but lo.
#include "drivers/driver.h"
#include "drivers/parts/refuse.h"

namespace ocinet::drivers {

HostQuery query_none(const Request& request) {
    refuse_interface_options(request);
    refuse_publish(request);
    return {};
}

Plan plan_none(const Request& request, const HostView&) {
    Plan plan;
    plan.own.push_back({label(request), ops::RaiseLoopback{}});
    plan.attached.push_back({.network = request.network.name, .driver = request.network.driver});
    return plan;
}

} // namespace ocinet::drivers
