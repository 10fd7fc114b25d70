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
#include "netsetup/sysctl.h"

namespace ocinet::ops {

OCINET_JSON(EnableForwarding, turn_on, guarded, forwarded, refused_redirects)

namespace {

constexpr const char* users = "forwarding";
// Remembers, until the next boot, for which container we turned forwarding on, and what is guarded:
// words, the container's id first.
constexpr const char* marker = "forwarding";
constexpr const char* setting = "/proc/sys/net/ipv4/ip_forward";

std::vector<std::string> words_of_marker(const state::Directory& directory) {
    const auto text = read_setting(directory.root.get(), marker);
    std::vector<std::string> words;
    if (text) {
        for (const auto word : split(*text, ' ')) {
            words.emplace_back(word);
        }
    }
    return words;
}

std::string redirects_command(const char* value) {
    return sysctl::command("ipv4", "all", "accept_redirects", value);
}

} // namespace

// The pairs let frames pass that stay on one interface: with bridge-nf-call-iptables, what a
// foreign bridge carries between its own ports comes by here.
std::vector<nft::Element> guard_elements(const std::vector<std::string>& interfaces) {
    std::vector<nft::Element> elements;
    for (const auto& name : interfaces) {
        elements.push_back({.set = "guarded", .key = {name}});
    }
    for (const auto& name : interfaces) {
        elements.push_back({.set = "same", .key = {name, name}});
    }
    return elements;
}

std::vector<std::string> guarded_interfaces(const state::Directory& directory) {
    auto words = words_of_marker(directory);
    if (!words.empty()) {
        words.erase(words.begin());
    }
    return words;
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
        std::vector<std::string> off{"sysctl -w net.ipv4.ip_forward=0"};
        if (op.refused_redirects) {
            off.push_back(redirects_command("0"));
        }
        for (const auto& name : op.forwarded) {
            off.push_back(sysctl::command("ipv4", name, "forwarding", "1"));
        }
        description.undo.insert(description.undo.begin(), off.begin(), off.end());
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
    if (!op.turn_on) {
        return;
    }
    auto words = op.guarded;
    words.insert(words.begin(), context.container_id);
    replace_file(context.state.root.get(), marker, join(words, " "), 0600);
    nft::add(context.netfilter, guard_elements(op.guarded));
    write_setting(AT_FDCWD, setting, "1");
}

namespace {

void turn_off(const EnableForwarding& op) {
    write_setting(AT_FDCWD, setting, "0");
    if (op.refused_redirects) {
        write_setting(AT_FDCWD, "/proc/sys/net/ipv4/conf/all/accept_redirects", "0");
    }
    const Fd conf(::open("/proc/sys/net/ipv4/conf", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (const auto& name : op.forwarded) {
        // An interface that is gone has nothing to be restored.
        if (read_setting(conf.get(), name + "/forwarding")) {
            write_setting(conf.get(), name + "/forwarding", "1");
        }
    }
}

} // namespace

void undo(const EnableForwarding& op, Context& context, Undo why) {
    const bool last = state::leave(context.state, users, context.container_id);
    if (!op.turn_on || !last || why != Undo::roll_back) {
        return;
    }
    forget_unfinished_mark(context.state);
    const auto words = words_of_marker(context.state);
    if (words.empty() || words.front() != context.container_id) {
        return; // we did not come to it; who turned it on meanwhile was somebody else
    }
    turn_off(op);
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
