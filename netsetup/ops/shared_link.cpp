// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/shared_link.h"

#include "netsetup/base/log.h"
#include "netsetup/state/users.h"

namespace ocinet::ops {

void release(const SharedLink& shared, Context& context) {
    if (!shared.temporary.empty()) {
        link::remove(context.route, shared.temporary);
    }
    if (!state::leave(context.state, shared.users, context.container_id)) {
        return;
    }
    const auto found = link::find(context.route, shared.name);
    if (found && shared.is_ours(*found)) {
        link::remove(context.route, shared.name);
    } else if (found && shared.was_ours(*found)) {
        log::warning(shared.text + " stays: somebody gave it the alias \"" + found->alias +
                     "\", so it is not ours any more");
    }
}

std::vector<std::string> remains(const SharedLink& shared, Context& context) {
    const auto found = link::find(context.route, shared.name);
    if (!found || !shared.is_ours(*found) || state::has_users(context.state, shared.users)) {
        return {};
    }
    return {shared.text + " still exists, though no container uses it"};
}

} // namespace ocinet::ops
