// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/forwarding.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "netsetup/base/file.h"
#include "netsetup/base/text.h"
#include "netsetup/json.h"
#include "netsetup/nft.h"
#include "netsetup/state/users.h"

namespace ocinet::ops {

OCINET_JSON(EnableForwarding, turn_on, guarded)

namespace {

constexpr const char* users = "forwarding";
// Remembers, until the next boot, that we turned forwarding on, and what is guarded.
constexpr const char* marker = "forwarding";
constexpr const char* setting = "/proc/sys/net/ipv4/ip_forward";

} // namespace

std::vector<nft::Element> guard_elements(const std::vector<std::string>& interfaces) {
    std::vector<nft::Element> elements;
    elements.reserve(interfaces.size());
    for (const auto& name : interfaces) {
        elements.push_back({.set = "guarded", .key = {name}});
    }
    return elements;
}

std::vector<std::string> guarded_interfaces(const state::Directory& directory) {
    const auto text = read_setting(directory.root.get(), marker);
    std::vector<std::string> names;
    if (text) {
        for (const auto name : split(*text, ' ')) {
            names.emplace_back(name);
        }
    }
    return names;
}

void forget_unfinished_mark(const state::Directory& directory) {
    const std::string name = std::string(marker) + ".new";
    if (::unlinkat(directory.root.get(), name.c_str(), 0) != 0 && errno != ENOENT) {
        throw_errno("remove " + name);
    }
}

Description describe(const EnableForwarding& op) {
    Description description;
    for (const auto& element : guard_elements(op.guarded)) {
        description.apply.push_back(nft::add_command(element));
        description.undo.push_back(nft::delete_command(element));
    }
    if (op.turn_on) {
        description.apply.emplace_back("sysctl -w net.ipv4.ip_forward=1");
        description.undo.insert(description.undo.begin(), "sysctl -w net.ipv4.ip_forward=0");
    } else {
        description.apply.emplace_back("# the host forwards IPv4 already");
    }
    return description;
}

Needs needs(const EnableForwarding&) {
    return {};
}

void apply(const EnableForwarding& op, Context& context) {
    state::join(context.state, users, context.container_id);
    if (!op.guarded.empty()) {
        replace_file(context.state.root.get(), marker, join(op.guarded, " "), 0600);
        nft::add(context.netfilter, guard_elements(op.guarded));
    }
    if (op.turn_on) {
        write_setting(AT_FDCWD, setting, "1");
    }
}

void undo(const EnableForwarding& op, Context& context, Undo why) {
    const bool last = state::leave(context.state, users, context.container_id);
    if (!op.turn_on || !last || why != Undo::roll_back) {
        return;
    }
    forget_unfinished_mark(context.state);
    write_setting(AT_FDCWD, setting, "0");
    nft::remove(context.netfilter, guard_elements(op.guarded));
    if (::unlinkat(context.state.root.get(), marker, 0) != 0 && errno != ENOENT) {
        throw_errno("remove the forwarding marker");
    }
}

std::vector<std::string> check(const EnableForwarding&, Context& context) {
    std::vector<std::string> differences;
    if (read_setting(AT_FDCWD, setting) != "1") {
        differences.emplace_back("net.ipv4.ip_forward is off");
    }
    for (const auto& element : guard_elements(guarded_interfaces(context.state))) {
        if (!nft::contains(context.netfilter, element)) {
            differences.push_back("missing: " + nft::add_command(element));
        }
    }
    return differences;
}

} // namespace ocinet::ops
