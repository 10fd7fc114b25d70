// SPDX-License-Identifier: GPL-2.0-or-later
// With what a system call can fail (section 2 of the manual, netlink(7)), of what is not a mistake
// of its caller's.
#include <sys/syscall.h>

#include <cerrno>
#include <map>
#include <set>

#include "tests/crown/tracer.h"

namespace ocinet::test {

namespace {

using Errors = std::vector<int>;

// Those that do not fail, or whose failure is the C library's matter before it is ours. A close()
// that fails has closed the descriptor; one that was left out has not.
const std::set<long> never = {SYS_exit_group,   SYS_exit,           SYS_brk,          SYS_mmap,
                              SYS_munmap,       SYS_mprotect,       SYS_mremap,       SYS_close,
                              SYS_close_range,  SYS_futex,          SYS_getpid,       SYS_getppid,
                              SYS_gettid,       SYS_getuid,         SYS_geteuid,      SYS_getrandom,
                              SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_lseek};

const std::map<long, Errors>& errors() {
    static const Errors opens = {EMFILE, ENOMEM, EINTR, ENOSPC, EIO};
    static const Errors makes = {ENOSPC, ENOMEM, EIO};
    static const Errors forks = {ENOMEM, EAGAIN};
    static const Errors looks = {ENOMEM, EIO};
    static const std::map<long, Errors> table = {
        {SYS_openat, opens},
        {SYS_socket, {EMFILE, ENOMEM}},
        {SYS_pipe2, {EMFILE, ENOMEM}},
        {SYS_pidfd_open, {EMFILE, ENOMEM}},
        {SYS_bind, {ENOMEM, EBUSY}},
        {SYS_connect, {EINTR, ENOMEM}},
        {SYS_sendmsg, {ENOBUFS, ENOMEM, EINTR}},
        {SYS_sendto, {ENOBUFS, ENOMEM, EINTR}},
        {SYS_recvmsg, {ENOBUFS, ENOMEM, EINTR}},
        {SYS_recvfrom, {ENOBUFS, ENOMEM, EINTR}},
        {SYS_mkdirat, makes},
        {SYS_symlinkat, makes},
        {SYS_renameat, {ENOSPC, ENOMEM, EIO, EBUSY}},
        {SYS_unlinkat, {EIO, ENOMEM, EBUSY}},
        {SYS_write, {ENOSPC, EIO, EINTR, ENOMEM}},
        {SYS_pwrite64, {ENOSPC, EIO, EINTR, ENOMEM}},
        {SYS_ftruncate, {EIO, EINTR}},
        {SYS_read, {EIO, EINTR, ENOMEM}},
        {SYS_pread64, {EIO, EINTR}},
        {SYS_getdents64, looks},
        {SYS_readlinkat, looks},
        {SYS_newfstatat, looks},
        {SYS_fcntl, {ENOLCK, EINTR}},
        {SYS_ioctl, {ENOMEM, EBUSY, EINTR}},
        {SYS_prctl, {EPERM}},
        {SYS_capset, {EPERM}},
        {SYS_setns, {EPERM, ENOMEM}},
        {SYS_clone, forks},
        {SYS_wait4, {EINTR}},
        {SYS_ppoll, {EINTR, ENOMEM}},
        {SYS_pselect6, {EINTR, ENOMEM}},
        {SYS_execve, {ENOMEM, EIO, EMFILE}},
#ifdef SYS_open // not on aarch64
        {SYS_open, opens},
        {SYS_mkdir, makes},
        {SYS_poll, {EINTR, ENOMEM}},
        {SYS_fork, forks},
        {SYS_vfork, forks},
#endif
    };
    return table;
}

} // namespace

Errors errors_of(long number) {
    if (never.contains(number)) {
        return {};
    }
    const auto found = errors().find(number);
    return found == errors().end() ? Errors{ENOMEM} : found->second;
}

} // namespace ocinet::test
