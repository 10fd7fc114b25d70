// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/publish.h"

#include "netsetup/conntrack.h"
#include "netsetup/json.h"

namespace ocinet::ops {

OCINET_JSON(PublishPorts::UdpFlows, first, count)
OCINET_JSON(PublishPorts, elements, udp, container)

namespace {

void forget_flows(const PublishPorts& op, Context& context) {
    std::vector<conntrack::Ports> ports;
    ports.reserve(op.udp.size());
    for (const auto& flows : op.udp) {
        ports.push_back({flows.first, flows.count});
    }
    if (!ports.empty()) {
        conntrack::forget_udp(context.netfilter, context.route, ports, op.container);
    }
}

// conntrack(8) fails where there was nothing to delete.
std::vector<std::string> forget_commands(const PublishPorts& op) {
    std::vector<std::string> commands;
    for (const auto& flows : op.udp) {
        const std::string first = std::to_string(flows.first);
        if (flows.count == 1) {
            commands.push_back("conntrack -D -p udp --orig-port-dst " + first + " || :");
        } else {
            commands.push_back("for port in $(seq " + first + " " +
                               std::to_string(flows.first + flows.count - 1) +
                               "); do conntrack -D -p udp --orig-port-dst $port; done || :");
        }
    }
    return commands;
}

} // namespace

Description describe(const PublishPorts& op) {
    Description description;
    for (const auto& element : op.elements) {
        description.apply.push_back(nft::add_command(element));
        description.undo.push_back(nft::delete_command(element));
    }
    for (const auto& command : forget_commands(op)) {
        description.apply.push_back(command);
        description.undo.push_back(command);
    }
    return description;
}

Needs needs(const PublishPorts&) {
    return {};
}

void apply(const PublishPorts& op, Context& context) {
    nft::add(context.netfilter, op.elements);
    forget_flows(op, context);
}

void undo(const PublishPorts& op, Context& context, Undo) {
    nft::remove(context.netfilter, op.elements);
    forget_flows(op, context);
}

std::vector<std::string> check(const PublishPorts& op, Context& context) {
    Differences differences;
    for (const auto& element : op.elements) {
        differences.expect(nft::contains(context.netfilter, element),
                           "missing: " + nft::add_command(element));
    }
    return std::move(differences).list();
}

} // namespace ocinet::ops
