// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "netsetup/base/log.h"
#include "netsetup/base/text.h"
#include "netsetup/json.h"

namespace ocinet {

OCINET_JSON(ProcessIdentity, pid, start_time)

namespace {

constexpr std::uint64_t kernel_thread = 0x00200000; // PF_KTHREAD, include/linux/sched.h

struct Stat {
    char state = 0;
    std::uint64_t parent = 0;
    std::uint64_t flags = 0;
    std::uint64_t start_time = 0;
};

// Nothing when there is no such process. Any other failure is thrown: it says nothing of the
// process, and who is taken for dead loses its network.
std::optional<std::string> read_proc(pid_t pid, const std::string& name) {
    const std::string path = "/proc/" + std::to_string(pid) + "/" + name;
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 4096> buffer{};
    const ssize_t size = file ? ::read(file.get(), buffer.data(), buffer.size()) : -1;
    if (size < 0 && errno != ENOENT && errno != ESRCH) {
        throw_errno("read " + path);
    }
    return size < 0 ? std::nullopt : std::optional<std::string>(std::in_place, buffer.data(), size);
}

std::optional<Stat> read_stat(pid_t pid) {
    const auto text = read_proc(pid, "stat");
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

namespace {

Fd open_pidfd(pid_t pid) {
    Fd pidfd(int(::syscall(SYS_pidfd_open, pid, 0)));
    // EINVAL, since Linux 6.15 ENOENT: the number is a thread's by now, or that of a process group
    // whose process has ended.
    if (!pidfd && errno != ESRCH && errno != EINVAL && errno != ENOENT) {
        throw_errno("pidfd_open " + std::to_string(pid));
    }
    return pidfd;
}

// Readable once the whole process has ended: its first thread alone may, and then says "zombie".
bool ends_within(const Fd& pidfd, int milliseconds) {
    pollfd ended{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
    int answer = 0;
    while ((answer = ::poll(&ended, 1, milliseconds)) < 0 && errno == EINTR) {
    }
    if (answer < 0) {
        throw_errno("wait for a process's end"); // which says nothing of the process
    }
    return answer > 0;
}

} // namespace

std::optional<ProcessIdentity> identity_of(pid_t pid) {
    const auto stat = read_stat(pid);
    return stat ? std::optional(ProcessIdentity{pid, stat->start_time}) : std::nullopt;
}

Fd open_process(const ProcessIdentity& process) {
    if (process.pid <= 0) {
        return {};
    }
    Fd pidfd = open_pidfd(process.pid);
    return pidfd && identity_of(process.pid) == process ? std::move(pidfd) : Fd();
}

void send_signal(const Fd& pidfd, int signal) {
    if (::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) != 0 && errno != ESRCH) {
        throw_errno("send a signal");
    }
}

bool has_ended_within(const ProcessIdentity& process, int milliseconds) {
    const Fd pidfd = open_process(process);
    return !pidfd || ends_within(pidfd, milliseconds);
}

bool is_alive(const ProcessIdentity& process) {
    return !has_ended_within(process, 0);
}

bool is_proc_ours() {
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self", error);
    return !error && self.string() == std::to_string(::getpid());
}

ContainerProcess ContainerProcess::open(pid_t pid) {
    const Fd pidfd = open_pidfd(pid);
    const auto stat = pidfd ? read_stat(pid) : std::nullopt;
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
    // Until now it was the same process all the time.
    if (ends_within(pidfd, 0)) {
        throw gone(pid);
    }
    return process;
}

} // namespace ocinet
