// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "drivers/driver.h"
#include "netsetup/base/error.h"

namespace ocinet::drivers {

namespace {

constexpr std::array all = {
#define OCINET_DRIVER(name) Driver{#name, query_##name, plan_##name},
#include "drivers/drivers.def"
#undef OCINET_DRIVER
};

std::string name_of(const Driver& driver) {
    std::string name = driver.name;
    std::replace(name.begin(), name.end(), '_', '-');
    return name;
}

// Two attachments of one container to one link: look() sees only others' containers.
void refuse_mixed_uses(const Plan& plan) {
    std::vector<ops::UseParent> seen;
    for (const auto& step : plan.shared) {
        const auto* use = std::get_if<ops::UseParent>(&step.operation);
        if (!use) {
            continue;
        }
        for (const auto& other : seen) {
            if (other.parent == use->parent && !ops::go_together(other.as, use->as)) {
                throw Error(step.attachment + ": interface " + use->parent + " carries " +
                            other.as + " of this container, too, which goes with no " + use->as);
            }
        }
        seen.push_back(*use);
    }
}

} // namespace

const Driver& driver_for(const Request& request) {
    for (const auto& driver : all) {
        if (request.network.driver != name_of(driver)) {
            continue;
        }
        if (request.in_host_network && std::string_view(driver.name) != "host") {
            throw Error(label(request) + ": the container shares the host's network namespace")
                .hint("ask for the network \"host\", or give the container a network namespace");
        }
        return driver;
    }
    std::string known;
    for (const auto& driver : all) {
        known += (known.empty() ? "" : ", ") + name_of(driver);
    }
    throw Error("network \"" + request.network.name + "\": there is no driver \"" +
                request.network.driver + "\"")
        .hint("drivers: " + known);
}

std::string label(const Request& request) {
    return "network \"" + request.network.name + "\" (" + request.network.driver + ")";
}

Planned plan_all(const std::vector<Request>& requests,
                 const std::function<HostView(const HostQuery&)>& look) {
    Planned planned;
    for (const auto& request : requests) {
        const Driver& driver = driver_for(request);
        const HostView view = look(driver.query(request));
        planned.conflicts.insert(planned.conflicts.end(), view.conflicts.begin(),
                                 view.conflicts.end());
        if (planned.conflicts.empty()) {
            append(planned.plan, driver.plan(request, view));
        }
    }
    if (!planned.conflicts.empty()) {
        planned.plan = {};
    }
    refuse_mixed_uses(planned.plan);
    return planned;
}

Error conflict_error(const std::vector<Request>& requests,
                     const std::vector<HostView::Conflict>& conflicts) {
    Error error(label(requests.front()) + ": " + conflicts.front().what);
    if (!conflicts.front().hint.empty()) {
        error.hint(conflicts.front().hint);
    }
    return error;
}

} // namespace ocinet::drivers
