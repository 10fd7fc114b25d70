// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/socket.h>

#include <ranges>
#include <string>
#include <vector>

#include "drivers/driver.h"

/// Requests and views of a host to plan with, and plans as text.
namespace ocinet::test {

inline IpAddress ip(const std::string& text) {
    return IpAddress::parse(text).value();
}

/// Container "c1" on the network that the file's text defines; by default the built-in bridge.
inline drivers::Request request_for(const std::string& network = "",
                                    const std::string& options = "",
                                    const std::string& publish = "") {
    drivers::Request request;
    request.container_id = "c1";
    request.network = network.empty() ? oci::built_in_network("bridge").value()
                                      : oci::parse_network(network, "web", "web.json");
    request.attachment =
        oci::parse_attachments(request.network.name + (options.empty() ? "" : ":" + options)).at(0);
    if (request.attachment.interface.empty() && request.network.driver != "host" &&
        request.network.driver != "none") {
        request.attachment.interface = "eth0";
    }
    for (const auto& port :
         publish.empty() ? std::vector<oci::PortMapping>() : oci::parse_publish(publish)) {
        request.publish.push_back({port, true, false});
    }
    request.default_route4 = request.network.has(AF_INET) && !request.network.internal;
    request.default_route6 = request.network.has(AF_INET6) && !request.network.internal;
    request.bundle.path = "/bundle";
    request.policy_file = "/share/policy.nft";
    request.seed = 1;
    return request;
}

/// A host that has nothing of ours yet and does not forward; it offers 10.90.0.5.
inline HostView cold_view() {
    HostView view;
    view.addresses = {ip("10.90.0.5")};
    view.interfaces = {{.name = "lo"}, {.name = "eth0"}, {.name = "wlan0"}};
    view.accepts_redirects = true;
    return view;
}

/// The bridge as a container of the default network left it.
inline link::Link warm_bridge() {
    return {.index = 7,
            .name = "ocinet0",
            .alias = "ocinet::bridge",
            .kind = "bridge",
            .up = true,
            .mtu = 1500,
            .mac = Mac::parse("02:0c:0a:5a:00:01").value(),
            .forwards_ipv4 = true,
            .route_localnet = true,
            .ipv6_disabled = true};
}

/// A host on which another container of the default network runs.
inline HostView warm_view() {
    HostView view = cold_view();
    view.interfaces.clear();
    view.ipv4.on = true;
    view.policy_version = nft::policy_version;
    view.bridge = warm_bridge();
    view.network_in_use = true;
    view.bridge_addresses = {*Prefix::parse("10.90.0.1/16")};
    return view;
}

/// The driver's plan, and before it the query, which also refuses.
inline Plan planned(const drivers::Request& request, const HostView& view) {
    const auto& driver = drivers::driver_for(request);
    driver.query(request);
    return driver.plan(request, view);
}

using Lines = std::vector<std::string>;

/// All commands in the order in which they are run.
inline Lines apply_commands(const Plan& plan) {
    Lines lines;
    for (const auto* steps : {&plan.shared, &plan.own}) {
        for (const auto& step : *steps) {
            const auto commands = describe(step.operation).apply;
            lines.insert(lines.end(), commands.begin(), commands.end());
        }
    }
    return lines;
}

/// All commands of the way back in the order in which they are run.
inline Lines undo_commands(const Plan& plan) {
    Lines lines;
    for (const auto* steps : {&plan.own, &plan.shared}) {
        for (const auto& step : std::views::reverse(*steps)) {
            const auto commands = describe(step.operation).undo;
            lines.insert(lines.end(), commands.begin(), commands.end());
        }
    }
    return lines;
}

/// The plan's operation of this kind; throws where there is none.
template <typename Op>
Op operation(const Plan& plan) {
    for (const auto* steps : {&plan.shared, &plan.own}) {
        for (const auto& step : *steps) {
            if (const auto* found = std::get_if<Op>(&step.operation)) {
                return *found;
            }
        }
    }
    throw Error(std::string("the plan has no ") + Op::journal_name);
}

} // namespace ocinet::test
