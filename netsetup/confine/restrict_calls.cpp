// SPDX-License-Identifier: GPL-2.0-or-later
// seccomp(2) with a filter that was made when the product was built (make_filter.cpp).
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <netsetup/confine/filters.h> // of the build tree
#include <string_view>

#include "netsetup/base/error.h"
#include "netsetup/confine/parts.h"
#include "netsetup/confine/system_calls.h"

namespace ocinet {

namespace {

sock_fprog program_for(Confined who) {
    const auto program = [](const auto& steps) {
        return sock_fprog{static_cast<unsigned short>(steps.size()),
                          const_cast<sock_filter*>(steps.data())};
    };
    switch (who) {
    case Confined::attach: return program(filters::attach);
    case Confined::detach: return program(filters::detach);
    case Confined::policy: break;
    }
    return program(filters::policy);
}

void say(std::string_view text) {
    if (::write(STDERR_FILENO, text.data(), text.size()) < 0) {
        ::_exit(1);
    }
}

// Where the filter sends SIGSYS instead of killing.
void name_trapped_calls() {
    struct sigaction action{};
    action.sa_flags = SA_SIGINFO;
    action.sa_sigaction = [](int, siginfo_t* info, void*) {
        const auto number = std::size_t(info->si_syscall);
        say("ocinet: system call ");
        say(number < filters::call_names.size() ? filters::call_names[number] : "unknown");
        say(" is not in system_calls.def\n");
        ::_exit(128 + SIGSYS);
    };
    ::sigaction(SIGSYS, &action, nullptr);
}

} // namespace

void restrict_system_calls(Confined who) {
    if (!filters::call_names.empty()) {
        name_trapped_calls();
    }
    const sock_fprog program = program_for(who);
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) {
        throw_errno("install the filter of system calls");
    }
}

std::vector<std::string> system_calls_of(Confined who) {
    std::vector<std::string> names;
    for (const auto& call : system_calls) {
        if (!is_instrumented && call.is_for(who)) {
            names.push_back(call.name + (call.condition != nullptr
                                             ? " (" + std::string(call.condition) + ")"
                                             : std::string()));
        }
    }
    return names;
}

} // namespace ocinet
