// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/replace_call.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "netsetup/base/error.h"

namespace ocinet::test {

void replace_call(pid_t pid, long number) {
#if defined(__x86_64__)
    user_regs_struct registers{};
    if (::ptrace(PTRACE_GETREGS, pid, nullptr, &registers) != 0) {
        throw_errno("PTRACE_GETREGS");
    }
    registers.orig_rax = static_cast<unsigned long long>(number);
    if (::ptrace(PTRACE_SETREGS, pid, nullptr, &registers) != 0) {
        throw_errno("PTRACE_SETREGS");
    }
#elif defined(__aarch64__)
    int wanted = int(number);
    iovec vector{&wanted, sizeof wanted};
    if (::ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &vector) != 0) {
        throw_errno("PTRACE_SETREGSET");
    }
#else
    (void)number;
    throw Error("no way to replace a system call on this processor, of process " +
                std::to_string(pid));
#endif
}

} // namespace ocinet::test
