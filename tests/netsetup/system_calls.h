// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <optional>

#include "netsetup/base/error.h"

namespace ocinet::test {

/// How many system calls `body` makes, counted in a child by ptrace(2): a cost that does not depend
/// on the machine's speed. Nothing where tracing is not allowed; throws when the body does.
inline std::optional<unsigned> system_calls(const std::function<void()>& body) {
    const pid_t child = ::fork();
    if (child == 0) {
        if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) {
            ::_exit(2);
        }
        ::raise(SIGSTOP);
        try {
            body();
        } catch (...) {
            ::_exit(1);
        }
        ::_exit(0);
    }
    int status = 0;
    unsigned stops = 0;
    bool first = true;
    while (::waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
        if (first) {
            ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
        }
        first = false;
        stops += WSTOPSIG(status) == (SIGTRAP | 0x80) ? 1 : 0;
        ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 2) {
        return std::nullopt;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        throw Error("the traced function failed");
    }
    return stops / 2; // one at its entry, one at its end
}

} // namespace ocinet::test
