// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/use_parent.h"

#include "netsetup/json.h"
#include "netsetup/state/directory.h"
#include "netsetup/state/users.h"

namespace ocinet::ops {

OCINET_JSON(UseParent, parent, as)

namespace {

std::string thing(const std::string& parent, const std::string& as) {
    return as + "-on-" + parent;
}

} // namespace

const std::vector<std::string>& parent_uses() {
    static const std::vector<std::string> uses{
        "macvlan",           "passthru",           "ipvlan-l2-bridge",  "ipvlan-l2-private",
        "ipvlan-l2-vepa",    "ipvlan-l3-bridge",   "ipvlan-l3-private", "ipvlan-l3-vepa",
        "ipvlan-l3s-bridge", "ipvlan-l3s-private", "ipvlan-l3s-vepa"};
    return uses;
}

bool go_together(const std::string& one, const std::string& other) {
    return one == other && one != "passthru";
}

std::vector<std::string> users_of_parent(const state::Directory& directory,
                                         const std::string& parent, const std::string& as) {
    return state::names_in(directory, "users/" + thing(parent, as));
}

Description describe(const UseParent& op) {
    return {{"# " + op.parent + " is used by " + op.as}, {"# " + op.parent + " is used no more"}};
}

Needs needs(const UseParent&) {
    return {};
}

void apply(const UseParent& op, Context& context) {
    state::join(context.state, thing(op.parent, op.as), context.container_id);
}

void undo(const UseParent& op, Context& context, Undo) {
    state::leave(context.state, thing(op.parent, op.as), context.container_id);
}

std::vector<std::string> remains(const UseParent&, Context&) {
    return {};
}

std::vector<std::string> check(const UseParent&, Context&) {
    return {};
}

} // namespace ocinet::ops
