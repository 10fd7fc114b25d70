// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/own_elements.h"

#include "netsetup/json.h"
#include "netsetup/ops/elements.h"

namespace ocinet::ops {

OCINET_JSON(OwnElements, elements)

Description describe(const OwnElements& op) {
    return describe_elements(op.elements);
}

Needs needs(const OwnElements&) {
    return {};
}

void apply(const OwnElements& op, Context& context) {
    nft::add(context.netfilter, op.elements);
}

void undo(const OwnElements& op, Context& context, Undo) {
    nft::remove(context.netfilter, op.elements);
}

std::vector<std::string> remains(const OwnElements& op, Context& context) {
    return remaining_elements(op.elements, context.netfilter);
}

std::vector<std::string> check(const OwnElements& op, Context& context) {
    return missing_elements(op.elements, context.netfilter);
}

} // namespace ocinet::ops
