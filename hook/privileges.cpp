// SPDX-License-Identifier: GPL-2.0-or-later
#include "hook/privileges.h"

#include "netsetup/base/paths.h"
#include "netsetup/base/text.h"
#include "netsetup/confine.h"

namespace ocinet::hook {

namespace {

// Wrapped, like a paragraph of a manual.
std::string wrapped(const std::vector<std::string>& words) {
    constexpr std::size_t width = 100;
    const std::string indent = "                  ";
    std::string text;
    std::size_t column = width;
    for (const auto& word : words) {
        if (column + word.size() + 2 > width) {
            text += (text.empty() ? "" : ",\n" + indent) + word;
            column = indent.size() + word.size();
        } else {
            text += ", " + word;
            column += word.size() + 2;
        }
    }
    return text.empty() ? "all of them: this build is instrumented" : text;
}

std::string phase(const std::string& name, Confined who, const std::string& paths) {
    return "\n" + name + "\n  capabilities    CAP_NET_ADMIN, no_new_privs\n  paths           " +
           paths + "\n  system calls    " + wrapped(system_calls_of(who)) + "\n";
}

} // namespace

std::string privileges() {
    const std::string of_hook =
        std::string("read ") + paths::state + ", /proc; write " + paths::state + ", /proc/sys/net";
    return "Until all that it needs is open, which includes the removal of what dead containers "
           "left\n"
           "  what the caller gives: root's capabilities, paths and system calls\n" +
           phase("createRuntime, prestart: when the first thing changes, to the end",
                 Confined::attach, of_hook) +
           phase("poststop: when the first thing is removed, to the end", Confined::detach,
                 of_hook) +
           phase("ocinet-policy, which loads the firewall's text: once it has read it",
                 Confined::policy, "write none, execute none") +
           "\nPaths need a kernel with Landlock. Files opened before stay open: a container's "
           "hosts file,\nits network namespace's settings and sockets.\n";
}

} // namespace ocinet::hook
