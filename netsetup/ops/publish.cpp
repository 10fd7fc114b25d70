// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/publish.h"

#include <algorithm>
#include <iterator>

#include "netsetup/conntrack.h"
#include "netsetup/json.h"
#include "netsetup/ops/elements.h"

namespace ocinet::ops {

OCINET_JSON(PublishPorts, claims, elements, container)

namespace {

std::vector<state::PortClaim> udp_claims(const PublishPorts& op) {
    std::vector<state::PortClaim> claims;
    std::copy_if(op.claims.begin(), op.claims.end(), std::back_inserter(claims),
                 [](const state::PortClaim& claim) { return claim.protocol == "udp"; });
    return claims;
}

void forget_flows(const PublishPorts& op, Context& context) {
    if (const auto claims = udp_claims(op); !claims.empty()) {
        conntrack::forget_udp(context.netfilter, context.route, claims, op.container);
    }
}

// conntrack(8) fails where there was nothing to delete.
std::vector<std::string> forget_commands(const PublishPorts& op) {
    std::vector<std::string> commands;
    for (const auto& claim : udp_claims(op)) {
        const std::string delete_flows =
            std::string("conntrack -D ") + (claim.address.is_v4() ? "" : "-f ipv6 ") + "-p udp" +
            (claim.address.is_any() ? "" : " --orig-dst " + claim.address.text()) +
            " --orig-port-dst ";
        const std::string first = std::to_string(claim.first);
        if (claim.count == 1) {
            commands.push_back(delete_flows + first + " || :");
        } else {
            commands.push_back("for port in $(seq " + first + " " +
                               std::to_string(claim.first + claim.count - 1) + "); do " +
                               delete_flows + "$port; done || :");
        }
    }
    return commands;
}

} // namespace

Description describe(const PublishPorts& op) {
    Description description = describe_elements(op.elements);
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

bool holds_claims(const PublishPorts& op, const state::Directory& directory,
                  const std::string& container_id) {
    return std::all_of(op.claims.begin(), op.claims.end(), [&](const state::PortClaim& claim) {
        return state::port_owner(directory, claim) == container_id;
    });
}

// An element is known by its key, and a port that we do not hold may be another container's by now.
void undo(const PublishPorts& op, Context& context, Undo) {
    if (!holds_claims(op, context.state, context.container_id)) {
        return;
    }
    nft::remove(context.netfilter, op.elements);
    forget_flows(op, context);
}

std::vector<std::string> remains(const PublishPorts& op, Context& context) {
    return holds_claims(op, context.state, context.container_id)
               ? remaining_elements(op.elements, context.netfilter)
               : std::vector<std::string>();
}

std::vector<std::string> check(const PublishPorts& op, Context& context) {
    return missing_elements(op.elements, context.netfilter);
}

} // namespace ocinet::ops
