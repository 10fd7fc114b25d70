// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/dhcp_client.h"

#include <algorithm>

#include "netsetup/json.h"
#include "netsetup/link.h"
#include "netsetup/state/dhcp_leases.h"

namespace ocinet::ops {

OCINET_JSON(RunDhcpClient, interface, default_route, metric, internal)

Description describe(const RunDhcpClient& op) {
    return {{"nsenter -t $PID -n udhcpc -R -i " + op.interface},
            {"# the client gives its address back (DHCPRELEASE) and ends"}};
}

Needs needs(const RunDhcpClient&) {
    return {.container = true, .dhcp = true};
}

void apply(const RunDhcpClient& op, Context& context) {
    // What is left then is for the way back.
    constexpr std::chrono::milliseconds least(100);
    constexpr std::chrono::milliseconds most(60000);
    context.dhcp->start(op.interface, context.deadline.patience(least, most));
}

void undo(const RunDhcpClient& op, Context& context, Undo) {
    context.dhcp->stop(op.interface);
}

std::vector<std::string> remains(const RunDhcpClient& op, Context& context) {
    const auto lease = state::read_dhcp_lease(context.state, context.container_id, op.interface);
    if (!lease) {
        return {};
    }
    return {"the DHCP client of " + op.interface + " is still there, process " +
            std::to_string(lease->client.pid)};
}

std::vector<std::string> check(const RunDhcpClient& op, Context& context) {
    const auto lease = state::read_dhcp_lease(context.state, context.container_id, op.interface);
    if (!lease || !is_alive(lease->client)) {
        return {"no DHCP client runs for " + op.interface};
    }
    if (!lease->address || !lease->problem.empty()) {
        return {op.interface + " has not what DHCP gives: " + lease->problem};
    }
    const auto link = link::find(context.container->route, op.interface);
    const auto addresses =
        link ? link::addresses(context.container->route, link->index) : std::vector<Prefix>();
    Differences differences;
    differences.expect(std::find(addresses.begin(), addresses.end(), *lease->address) !=
                           addresses.end(),
                       "the container's " + op.interface + " lacks address " +
                           lease->address->text() + ", which DHCP gave");
    return std::move(differences).list();
}

} // namespace ocinet::ops
