// SPDX-License-Identifier: GPL-2.0-or-later
// The network "host": the runtime gives it by leaving out the network namespace; we can only see
// whether it did.
#include "drivers/driver.h"
#include "drivers/parts/refuse.h"
#include "netsetup/base/error.h"

namespace ocinet::drivers {

HostQuery query_host(const Request& request) {
    refuse_interface_options(request);
    refuse_publish(request);
    if (!request.in_host_network) {
        throw Error(label(request) + ": the container has a network namespace of its own")
            .hint("remove the entry of type \"network\" from linux.namespaces in config.json "
                  "(with an engine: --network host)");
    }
    return {};
}

Plan plan_host(const Request& request, const HostView&) {
    Plan plan;
    plan.attached.push_back({.network = request.network.name, .driver = request.network.driver});
    return plan;
}

} // namespace ocinet::drivers
