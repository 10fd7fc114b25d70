// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/forwarding.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <span>

#include "netsetup/base/file.h"
#include "netsetup/base/text.h"
#include "netsetup/json.h"
#include "netsetup/nft.h"
#include "netsetup/ops/elements.h"
#include "netsetup/state/users.h"
#include "netsetup/sysctl.h"

namespace ocinet::ops {

OCINET_JSON(EnableForwarding, ipv6, turn_on, guarded, bridges, forwarded, refused_redirects,
            heeding_routers)

namespace {

// What differs between the families.
struct Family {
    const char* name;
    // The switch below /proc/sys/net.
    const char* setting;
    const char* command;
    // Remembers, until the next boot, for which container we turned forwarding on, and the elements
    // that guard since: a line each, `SET INTERFACE`, behind the container's id. Its users' thing
    // has the same name.
    const char* marker;
    const char* guarded_set;
    const char* foreign_set;
    const char* bridged_set;
};

// Some fifty bytes for each of the host's interfaces.
constexpr std::size_t largest_mark = 16 << 20;

constexpr Family ipv4{
    "ipv4",     "ipv4/ip_forward", "sysctl -w net.ipv4.ip_forward=", "forwarding4", "guarded4",
    "foreign4", "bridged4"};
constexpr Family ipv6{"ipv6",
                      "ipv6/conf/all/forwarding",
                      "sysctl -w net.ipv6.conf.all.forwarding=",
                      "forwarding6",
                      "guarded6",
                      "foreign6",
                      "bridged6"};

const Family& family_of(const EnableForwarding& op) {
    return op.ipv6 ? ipv6 : ipv4;
}

std::string path_of(const std::string& setting) {
    return "/proc/sys/net/" + setting;
}

struct Mark {
    std::string container_id;
    std::vector<nft::Element> elements;
};

nft::Element guard_element(const std::string& set, const std::string& interface) {
    std::vector<std::string> key{interface};
    if (set.starts_with("bridged")) {
        key.push_back(interface);
    }
    return {.set = set, .key = key};
}

// What guards goes nowhere by what was there; frames pass that stay on one bridge.
std::vector<nft::Element> elements_of(const EnableForwarding& op) {
    const Family& family = family_of(op);
    std::vector<nft::Element> elements;
    for (const auto& name : op.guarded) {
        elements.push_back(guard_element(family.guarded_set, name));
    }
    for (const auto* names : {&op.guarded, &op.forwarded}) {
        for (const auto& name : *names) {
            if (name != "default") {
                elements.push_back(guard_element(family.foreign_set, name));
            }
        }
    }
    for (const auto& name : op.bridges) {
        elements.push_back(guard_element(family.bridged_set, name));
    }
    return elements;
}

bool is_guards(const Family& family, std::string_view set) {
    return set == family.guarded_set || set == family.foreign_set || set == family.bridged_set;
}

std::optional<Mark> read_mark(const state::Directory& directory, const Family& family) {
    const auto text = read_file(directory.root.get(), family.marker, largest_mark);
    if (!text) {
        return std::nullopt;
    }
    const auto lines = split(trim(*text), '\n');
    Mark mark{.container_id = std::string(lines.front())};
    for (const auto line : std::span(lines).subspan(1)) {
        const auto space = line.find(' ');
        if (space == std::string_view::npos || !is_guards(family, line.substr(0, space))) {
            throw Error(std::string(family.marker) + " below /run/ocinet is damaged");
        }
        mark.elements.push_back(
            guard_element(std::string(line.substr(0, space)), std::string(line.substr(space + 1))));
    }
    return mark;
}

void write_mark(const state::Directory& directory, const Family& family, const Mark& mark) {
    std::vector<std::string> lines{mark.container_id};
    for (const auto& element : mark.elements) {
        lines.push_back(element.set + " " + element.key.front());
    }
    replace_file(directory.root.get(), family.marker, join(lines, "\n"), 0600);
}

void forget_unfinished_mark(const state::Directory& directory, const Family& family) {
    const std::string name = std::string(family.marker) + ".new";
    if (::unlinkat(directory.root.get(), name.c_str(), 0) != 0 && errno != ENOENT) {
        throw_errno("remove " + name);
    }
}

std::vector<nft::Element> guard_elements_of(const state::Directory& directory,
                                            const Family& family) {
    auto mark = read_mark(directory, family);
    return mark ? std::move(mark->elements) : std::vector<nft::Element>();
}

} // namespace

std::vector<nft::Element> guard_elements(const state::Directory& directory) {
    auto elements = guard_elements_of(directory, ipv4);
    for (auto& element : guard_elements_of(directory, ipv6)) {
        elements.push_back(std::move(element));
    }
    return elements;
}

void forget_unfinished_marks(const state::Directory& directory) {
    forget_unfinished_mark(directory, ipv4);
    forget_unfinished_mark(directory, ipv6);
}

namespace {

std::vector<std::string> undo_commands(const EnableForwarding& op) {
    const Family& family = family_of(op);
    std::vector<std::string> commands{family.command + std::string("0")};
    if (op.refused_redirects) {
        commands.push_back(sysctl::command(family.name, "all", "accept_redirects", "0"));
    }
    for (const auto& name : op.forwarded) {
        commands.push_back(sysctl::command(family.name, name, "forwarding", "1"));
    }
    for (const auto& name : op.heeding_routers) {
        commands.push_back(sysctl::command(family.name, name, "accept_ra", "1"));
    }
    return commands;
}

} // namespace

Description describe(const EnableForwarding& op) {
    const Family& family = family_of(op);
    if (!op.turn_on) {
        return {{std::string("# the host forwards ") + (op.ipv6 ? "IPv6" : "IPv4") + " already"},
                {}};
    }
    Description description{.undo = undo_commands(op)};
    for (const auto& element : elements_of(op)) {
        description.apply.push_back(nft::add_command(element));
        description.undo.push_back(nft::delete_command(element));
    }
    for (const auto& name : op.heeding_routers) {
        description.apply.push_back(sysctl::command(family.name, name, "accept_ra", "2"));
    }
    description.apply.push_back(family.command + std::string("1"));
    return description;
}

Needs needs(const EnableForwarding&) {
    return {};
}

void apply(const EnableForwarding& op, Context& context) {
    const Family& family = family_of(op);
    state::join(context.state, family.marker, context.container_id);
    if (!op.turn_on) {
        return;
    }
    write_mark(context.state, family, {context.container_id, elements_of(op)});
    nft::add(context.netfilter, elements_of(op));
    for (const auto& name : op.heeding_routers) {
        write_setting(AT_FDCWD, path_of("ipv6/conf/" + name + "/accept_ra"), "2");
    }
    write_setting(AT_FDCWD, path_of(family.setting), "1");
}

namespace {

// An interface that is gone has nothing to be restored.
void restore(const std::string& setting, const std::string& value) {
    if (read_setting(AT_FDCWD, path_of(setting))) {
        write_setting(AT_FDCWD, path_of(setting), value);
    }
}

void turn_off(const EnableForwarding& op) {
    const Family& family = family_of(op);
    const std::string conf = std::string(family.name) + "/conf/";
    write_setting(AT_FDCWD, path_of(family.setting), "0");
    if (op.refused_redirects) {
        write_setting(AT_FDCWD, path_of(conf + "all/accept_redirects"), "0");
    }
    for (const auto& name : op.forwarded) {
        restore(conf + name + "/forwarding", "1");
    }
    for (const auto& name : op.heeding_routers) {
        restore(conf + name + "/accept_ra", "1");
    }
}

} // namespace

void undo(const EnableForwarding& op, Context& context, Undo why) {
    const Family& family = family_of(op);
    const bool last = state::leave(context.state, family.marker, context.container_id);
    if (!op.turn_on || !last || why != Undo::roll_back) {
        return;
    }
    forget_unfinished_mark(context.state, family);
    const auto mark = read_mark(context.state, family);
    if (!mark || mark->container_id != context.container_id) {
        return; // we did not come to it; who turned it on meanwhile was somebody else
    }
    turn_off(op);
    nft::remove(context.netfilter, elements_of(op));
    if (::unlinkat(context.state.root.get(), family.marker, 0) != 0 && errno != ENOENT) {
        throw_errno("remove the forwarding marker");
    }
}

// It stays on, and so does what guards; a roll-back has seen each setting written.
std::vector<std::string> remains(const EnableForwarding&, Context&) {
    return {};
}

std::vector<std::string> check(const EnableForwarding& op, Context& context) {
    const Family& family = family_of(op);
    auto differences =
        missing_elements(guard_elements_of(context.state, family), context.netfilter);
    if (read_setting(AT_FDCWD, path_of(family.setting)) != "1") {
        differences.push_back(std::string("forwarding is off: ") + family.command + "1");
    }
    return differences;
}

} // namespace ocinet::ops
