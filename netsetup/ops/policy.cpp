// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/policy.h"

#include "netsetup/base/text.h"
#include "netsetup/json.h"
#include "netsetup/ops/forwarding.h"
#include "netsetup/state/users.h"

namespace ocinet::ops {

OCINET_JSON(EnsurePolicy, loaded, file)
OCINET_JSON(ShareElements, network, elements, in_use)

namespace {

constexpr const char* policy_users = "policy";

} // namespace

std::string element_users(const std::string& network) {
    return "elements-" + network;
}

Description describe(const EnsurePolicy& op) {
    const std::string table = std::string("table inet ") + nft::table;
    if (op.loaded) {
        return {{"# " + table + " is loaded"}, {"# " + table + " stays while others use it"}};
    }
    Description description{{"nft -f " + shell_word(op.file)}, {"nft delete " + table}};
    if (!op.lost.empty()) {
        description.undo = {"# " + table + " stays, others use it"};
    }
    for (const auto& element : op.lost) {
        description.apply.push_back(nft::add_command(element));
    }
    return description;
}

Needs needs(const EnsurePolicy& op) {
    return {.policy_loader = !op.loaded};
}

void apply(const EnsurePolicy& op, Context& context) {
    state::join(context.state, policy_users, context.container_id);
    if (!op.loaded) {
        context.policy_loader->load(op.lost);
    }
}

void undo(const EnsurePolicy&, Context& context, Undo) {
    if (state::leave(context.state, policy_users, context.container_id) &&
        guarded_interfaces(context.state).empty()) {
        nft::delete_table(context.netfilter);
    }
}

std::vector<std::string> check(const EnsurePolicy&, Context& context) {
    const auto version = nft::live_version(context.netfilter);
    if (version == nft::policy_version) {
        return {};
    }
    return {version ? "table inet ocinet has policy " + std::to_string(*version)
                    : std::string("table inet ocinet is missing")};
}

Description describe(const ShareElements& op) {
    Description description;
    for (const auto& element : op.elements) {
        description.apply.push_back(nft::add_command(element));
        description.undo.push_back((op.in_use ? "# with the last container: " : "") +
                                   nft::delete_command(element));
    }
    return description;
}

Needs needs(const ShareElements&) {
    return {};
}

void apply(const ShareElements& op, Context& context) {
    state::join(context.state, element_users(op.network), context.container_id);
    nft::add(context.netfilter, op.elements);
}

void undo(const ShareElements& op, Context& context, Undo) {
    if (state::leave(context.state, element_users(op.network), context.container_id)) {
        nft::remove(context.netfilter, op.elements);
    }
}

std::vector<std::string> check(const ShareElements& op, Context& context) {
    std::vector<std::string> differences;
    for (const auto& element : op.elements) {
        if (!nft::contains(context.netfilter, element)) {
            differences.push_back("missing: " + nft::add_command(element));
        }
    }
    return differences;
}

} // namespace ocinet::ops
