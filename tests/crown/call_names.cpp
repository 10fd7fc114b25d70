// SPDX-License-Identifier: GPL-2.0-or-later
// The names of the system calls that the hook makes, for the report.
#include <sys/syscall.h>

#include <map>

#include "tests/crown/tracer.h"

namespace ocinet::test {

std::string call_name(long number) {
#define NAMED(call) {SYS_##call, #call}
    static const std::map<long, std::string> names = {
        NAMED(bind),       NAMED(brk),         NAMED(capget),       NAMED(capset),
        NAMED(clone),      NAMED(clone3),      NAMED(close),        NAMED(close_range),
        NAMED(connect),    NAMED(execve),      NAMED(exit_group),   NAMED(faccessat),
        NAMED(faccessat2), NAMED(fcntl),       NAMED(fstat),        NAMED(ftruncate),
        NAMED(futex),      NAMED(getdents64),  NAMED(getpid),       NAMED(getppid),
        NAMED(getrandom),  NAMED(getsockname), NAMED(getsockopt),   NAMED(gettid),
        NAMED(ioctl),      NAMED(lseek),       NAMED(mkdirat),      NAMED(mmap),
        NAMED(mprotect),   NAMED(mremap),      NAMED(munmap),       NAMED(newfstatat),
        NAMED(openat),     NAMED(pidfd_open),  NAMED(pipe2),        NAMED(prlimit64),
        NAMED(ppoll),      NAMED(prctl),       NAMED(pread64),      NAMED(pwrite64),
        NAMED(read),       NAMED(readlinkat),  NAMED(recvfrom),     NAMED(recvmsg),
        NAMED(renameat),   NAMED(renameat2),   NAMED(rt_sigaction), NAMED(rt_sigprocmask),
        NAMED(sendmsg),    NAMED(sendto),      NAMED(setns),        NAMED(setsockopt),
        NAMED(socket),     NAMED(symlinkat),   NAMED(unlinkat),     NAMED(wait4),
        NAMED(write),      NAMED(writev),
#ifdef SYS_open // not on aarch64
        NAMED(access),     NAMED(fork),        NAMED(mkdir),        NAMED(open),
        NAMED(poll),       NAMED(readlink),    NAMED(rename),       NAMED(stat),
        NAMED(unlink),     NAMED(vfork),
#endif
    };
#undef NAMED
    const auto found = names.find(number);
    return found == names.end() ? "system call " + std::to_string(number) : found->second;
}

} // namespace ocinet::test
