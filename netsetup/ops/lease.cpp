// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/lease.h"

#include "netsetup/json.h"

namespace ocinet::state {

OCINET_JSON(AddressRange, network, base, first, last, never)
OCINET_JSON(PortClaim, protocol, address, first, count)

} // namespace ocinet::state

namespace ocinet::ops {

OCINET_JSON(TakeAddress, range, address)
OCINET_JSON(TakePorts, claim)

Description describe(const TakeAddress& op) {
    const std::string what = op.address.text() + " of network " + op.range.network;
    return {{"# lease " + what}, {"# release " + what}};
}

Needs needs(const TakeAddress&) {
    return {};
}

void apply(const TakeAddress& op, Context& context) {
    state::take_address(context.state, op.range, op.address, context.container_id);
}

void undo(const TakeAddress& op, Context& context, Undo) {
    state::release_address(context.state, op.range, op.address, context.container_id);
}

std::vector<std::string> remains(const TakeAddress& op, Context& context) {
    if (state::lease_owner(context.state, op.range, op.address) != context.container_id) {
        return {};
    }
    return {"address " + op.address.text() + " is still leased to the container"};
}

std::vector<std::string> check(const TakeAddress& op, Context& context) {
    const auto owner = state::lease_owner(context.state, op.range, op.address);
    if (owner == context.container_id) {
        return {};
    }
    return {"address " + op.address.text() + " is leased to " + owner.value_or("nobody")};
}

Description describe(const TakePorts& op) {
    const auto& claim = op.claim;
    std::string what =
        claim.protocol + " port " + bracketed(claim.address) + ":" + std::to_string(claim.first);
    if (claim.count > 1) {
        what += "-" + std::to_string(claim.first + claim.count - 1);
    }
    return {{"# lease " + what}, {"# release " + what}};
}

Needs needs(const TakePorts&) {
    return {};
}

void apply(const TakePorts& op, Context& context) {
    state::take_ports(context.state, op.claim, context.container_id);
}

void undo(const TakePorts& op, Context& context, Undo) {
    state::release_ports(context.state, op.claim, context.container_id);
}

std::vector<std::string> remains(const TakePorts& op, Context& context) {
    if (state::port_owner(context.state, op.claim) != context.container_id) {
        return {};
    }
    return {op.claim.protocol + " port " + std::to_string(op.claim.first) +
            " is still leased to the container"};
}

std::vector<std::string> check(const TakePorts& op, Context& context) {
    const auto owner = state::port_owner(context.state, op.claim);
    if (owner == context.container_id) {
        return {};
    }
    return {op.claim.protocol + " port " + std::to_string(op.claim.first) + " is leased to " +
            owner.value_or("nobody")};
}

} // namespace ocinet::ops
