// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/policy.h"

#include "netsetup/base/text.h"
#include "netsetup/json.h"
#include "netsetup/ops/elements.h"
#include "netsetup/ops/forwarding.h"
#include "netsetup/peers.h"
#include "netsetup/state/users.h"

namespace ocinet::ops {

OCINET_JSON(EnsurePolicy, loaded, file)
OCINET_JSON(ShareElements, network, elements, definition, in_use)

namespace {

constexpr const char* policy_users = "policy";

std::string definition_path(const std::string& network) {
    return "networks/" + network + "/definition";
}

} // namespace

std::string element_users(const std::string& network) {
    return "elements-" + network;
}

std::optional<std::string> definition_in_use(const state::Directory& directory,
                                             const std::string& network) {
    return state::has_users(directory, element_users(network))
               ? state::read_owner(directory, definition_path(network))
               : std::nullopt;
}

Description describe(const EnsurePolicy& op) {
    const std::string stay = "# the tables stay while others use them";
    if (op.loaded) {
        return {{"# the tables inet and bridge ocinet are loaded"}, {stay}};
    }
    Description description{{"nft -f " + shell_word(op.file)},
                            {"nft delete table inet ocinet", "nft delete table bridge ocinet"}};
    if (!op.lost.empty()) {
        description.undo = {stay};
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
        peers::settle(context.route, context.netfilter, op.lost);
    }
}

void undo(const EnsurePolicy&, Context& context, Undo) {
    if (state::leave(context.state, policy_users, context.container_id) &&
        guard_elements(context.state).empty()) {
        nft::delete_tables(context.netfilter);
    }
}

std::vector<std::string> remains(const EnsurePolicy&, Context& context) {
    if (state::has_users(context.state, policy_users) || !guard_elements(context.state).empty()) {
        return {};
    }
    std::vector<std::string> remaining;
    for (const auto& name : nft::live_tables(context.netfilter)) {
        remaining.push_back("table " + name + " is still loaded, though no container uses it");
    }
    return remaining;
}

std::vector<std::string> check(const EnsurePolicy&, Context& context) {
    const auto version = nft::live_version(context.netfilter);
    if (version == nft::policy_version) {
        return {};
    }
    return {version ? "the tables have policy " + std::to_string(*version)
                    : std::string("table inet or bridge ocinet is missing")};
}

Description describe(const ShareElements& op) {
    Description description = describe_elements(op.elements);
    for (auto& command : description.undo) {
        command.insert(0, op.in_use ? "# with the last container: " : "");
    }
    return description;
}

Needs needs(const ShareElements&) {
    return {};
}

void apply(const ShareElements& op, Context& context) {
    const std::string path = definition_path(op.network);
    if (!op.in_use) {
        // One whose users are gone was left by a writer who was killed.
        state::remove_file(context.state, path);
        state::take_for(context.state, path, op.definition);
    }
    state::join(context.state, element_users(op.network), context.container_id);
    nft::add(context.netfilter, op.elements);
}

void undo(const ShareElements& op, Context& context, Undo) {
    if (state::leave(context.state, element_users(op.network), context.container_id)) {
        nft::remove(context.netfilter, op.elements);
        state::remove_file(context.state, definition_path(op.network));
    }
}

std::vector<std::string> remains(const ShareElements& op, Context& context) {
    return state::has_users(context.state, element_users(op.network))
               ? std::vector<std::string>()
               : remaining_elements(op.elements, context.netfilter);
}

std::vector<std::string> check(const ShareElements& op, Context& context) {
    return missing_elements(op.elements, context.netfilter);
}

} // namespace ocinet::ops
