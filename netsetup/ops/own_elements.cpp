// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/own_elements.h"

#include "netsetup/base/names.h"
#include "netsetup/json.h"
#include "netsetup/link.h"
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

// They are known by the name of the container's port, which a user may choose: by now it may be
// that of another container's.
bool are_anothers(const OwnElements& op, Context& context) {
    const auto port =
        op.elements.empty() ? std::nullopt : link::find(context.route, op.elements[0].key[0]);
    return port && port->alias.starts_with("ocinet:") &&
           !port->alias.starts_with(link_alias(context.container_id, ""));
}

void undo(const OwnElements& op, Context& context, Undo) {
    if (!are_anothers(op, context)) {
        nft::remove(context.netfilter, op.elements);
    }
}

std::vector<std::string> remains(const OwnElements& op, Context& context) {
    return are_anothers(op, context) ? std::vector<std::string>()
                                     : remaining_elements(op.elements, context.netfilter);
}

std::vector<std::string> check(const OwnElements& op, Context& context) {
    return missing_elements(op.elements, context.netfilter);
}

} // namespace ocinet::ops
