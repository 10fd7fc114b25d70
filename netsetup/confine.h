// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

/// What a process of ours may still do once all that its plan needs is open.
namespace ocinet {

/// Who is confined: they need different system calls (confine/system_calls.def).
enum class Confined {
    /// The hook at createRuntime and prestart.
    attach,
    /// The hook at poststop, which hands a socket over to a child.
    detach,
    /// ocinet-policy.
    policy,
};

/// Gives up for good what is not needed any more, in this order:
///  - every capability but CAP_NET_ADMIN: permitted, effective and bounding set hold it alone,
///    inheritable and ambient set are empty; no_new_privs is set (capabilities(7));
///  - paths, where the kernel has Landlock (landlock(7)): the hook reads /run/ocinet and /proc and
///    writes /run/ocinet and /proc/sys/net, ocinet-policy writes nothing; nobody executes anything;
///  - system calls (seccomp(2)): another one than the listed ones kills the process. A debug
///    build names it before.
/// Builds with a sanitizer go without the last two, and say so at level info. Throws Error.
void confine(Confined who);

/// Of these steps those for a program of others' that we become or run: it keeps these
/// capabilities, and nothing outside `directory`, if there is one, is written any more, where the
/// kernel has Landlock. Throws Error.
void confine_program(const std::vector<int>& capabilities, const char* directory);

/// The names of the system calls that are left to it, with what is asked of their arguments, in
/// alphabetical order. Empty where the build has no filter.
std::vector<std::string> system_calls_of(Confined who);

} // namespace ocinet
