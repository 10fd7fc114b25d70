// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "netsetup/base/log.h"
#include "netsetup/base/text.h"

namespace ocinet {

namespace {

constexpr std::uint64_t kernel_thread = 0x00200000; // PF_KTHREAD, include/linux/sched.h

struct Stat {
    char state = 0;
    std::uint64_t parent = 0;
    std::uint64_t flags = 0;
    std::uint64_t start_time = 0;
};

std::optional<Stat> read_stat(pid_t pid) {
    std::optional<std::string> text;
    try {
        text = read_setting(AT_FDCWD, "/proc/" + std::to_string(pid) + "/stat");
    } catch (const Error&) {
        return std::nullopt; // ESRCH: it ended while we read
    }
    // The name stands in parentheses and may hold any character: fields count from the last ')'.
    const auto end = text ? text->rfind(')') : std::string::npos;
    if (end == std::string::npos || end + 2 >= text->size()) {
        return std::nullopt;
    }
    const auto fields = split(std::string_view(*text).substr(end + 2), ' ');
    if (fields.size() < 20 || fields[0].size() != 1) {
        return std::nullopt;
    }
    const auto number = [&](std::size_t field) {
        return parse_number(fields[field - 3], 0, UINT64_MAX).value_or(0);
    };
    return Stat{
        .state = fields[0][0], .parent = number(4), .flags = number(9), .start_time = number(22)};
}

bool is_dead(char state) {
    return state == 'Z' || state == 'X';
}

Error gone(pid_t pid) {
    return Error("the container's process " + std::to_string(pid) + " is gone");
}

bool same_file(const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

} // namespace

bool is_alive(const ProcessIdentity& process) {
    const auto stat = read_stat(process.pid);
    return stat && stat->start_time == process.start_time && !is_dead(stat->state);
}

ContainerProcess ContainerProcess::open(pid_t pid) {
    const Fd pidfd(int(::syscall(SYS_pidfd_open, pid, 0)));
    if (!pidfd) {
        throw errno == ESRCH ? gone(pid) : system_error(errno, "pidfd_open " + std::to_string(pid));
    }
    const auto stat = read_stat(pid);
    if (!stat) {
        throw gone(pid);
    }
    if (is_dead(stat->state)) {
        throw Error("the container's process " + std::to_string(pid) + " is a zombie");
    }
    if ((stat->flags & kernel_thread) != 0) {
        throw Error("process " + std::to_string(pid) +
                    " is a thread of the kernel, not a container");
    }
    if (stat->parent != std::uint64_t(::getppid())) {
        log::debug("the container's process is not a sibling of ours: parent " +
                   std::to_string(stat->parent));
    }
    ContainerProcess process;
    process.identity = {.pid = pid, .start_time = stat->start_time};
    process.netns.reset(
        ::open(("/proc/" + std::to_string(pid) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC));
    struct stat container{};
    struct stat host{};
    if (!process.netns || ::fstat(process.netns.get(), &container) != 0 ||
        ::stat("/proc/self/ns/net", &host) != 0) {
        throw_errno("open the network namespace of process " + std::to_string(pid));
    }
    process.in_host_network = same_file(container, host);
    // Readable once the process has ended: until now it was the same one all the time.
    pollfd ended{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
    if (::poll(&ended, 1, 0) != 0) {
        throw gone(pid);
    }
    return process;
}

} // namespace ocinet
