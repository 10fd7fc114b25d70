// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/netns.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>

#include "netsetup/base/file.h"
#include "netsetup/base/log.h"
#include "netsetup/base/text.h"

namespace ocinet {

namespace {

constexpr std::size_t max_mountinfo = 256 << 20;

// In the given namespace as long as it lives.
class Visit {
public:
    explicit Visit(int netns) : home_(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) {
        if (!home_) {
            throw_errno("open /proc/self/ns/net");
        }
        if (::setns(netns, CLONE_NEWNET) != 0) {
            throw_errno("enter the container's network namespace");
        }
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    ~Visit() {
        // The host's settings would land in the container, and the other way round: end here.
        if (::setns(home_.get(), CLONE_NEWNET) != 0) {
            log::error(Error("cannot return to the host's network namespace"));
            ::_exit(1);
        }
    }

private:
    Fd home_;
};

std::uint64_t inode_of(int netns) {
    struct stat status{};
    if (::fstat(netns, &status) != 0) {
        throw_errno("stat a network namespace");
    }
    return status.st_ino;
}

// Of a process that is gone, or has given its namespaces back already.
bool is_of_gone(int error) {
    return error == ENOENT || error == ESRCH;
}

// Empty for a process that is gone.
Fd open_netns_of(const std::string& pid) {
    Fd netns(::open(("/proc/" + pid + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC));
    if (!netns && !is_of_gone(errno)) {
        throw_errno("open the network namespace of process " + pid);
    }
    return netns;
}

// Whether the process is in a namespace with this inode. Not, as far as can be seen, when the
// kernel does not show it to us.
bool may_live_in(const NetnsIdentity& netns, const std::string& pid) {
    struct stat status{};
    if (::stat(("/proc/" + pid + "/ns/net").c_str(), &status) == 0) {
        return status.st_ino == netns.inode;
    }
    if (!is_of_gone(errno) && errno != EACCES && errno != EPERM) { // EPERM: hidepid=1
        throw_errno("stat the network namespace of process " + pid);
    }
    return false;
}

// An error that says nothing of what is at a path.
bool says_nothing(int error) {
    return error == ENOMEM || error == EMFILE || error == ENFILE || error == EIO || error == EINTR;
}

// Throws when that is not to be found out.
bool has_inode(const std::string& path, std::uint64_t inode) {
    struct stat status{};
    if (::stat(path.c_str(), &status) == 0) {
        return status.st_ino == inode;
    }
    if (says_nothing(errno)) {
        throw_errno("stat " + path);
    }
    return false;
}

bool has_sys_ptrace() {
    const std::unique_ptr<_cap_struct, int (*)(void*)> own(cap_get_proc(), cap_free);
    cap_flag_value_t value = CAP_CLEAR;
    if (!own || cap_get_flag(own.get(), CAP_SYS_PTRACE, CAP_EFFECTIVE, &value) != 0) {
        throw_errno("read our own capabilities");
    }
    return value == CAP_SET;
}

} // namespace

NetnsIdentity identify(int netns) {
    NetnsIdentity identity{.inode = inode_of(netns)};
    const Visit visit(netns);
    const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    socklen_t size = sizeof identity.cookie;
    if (!socket ||
        ::getsockopt(socket.get(), SOL_SOCKET, SO_NETNS_COOKIE, &identity.cookie, &size) != 0) {
        throw_errno("ask for the cookie of a network namespace");
    }
    return identity;
}

Fd open_again(const std::string& path, const NetnsIdentity& netns) {
    // Nothing else is opened: what else is at the path by now could wait for a writer.
    if (!has_inode(path, netns.inode)) {
        return {};
    }
    Fd found(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!found && says_nothing(errno)) {
        throw_errno("open " + path);
    }
    return found && identify(found.get()) == netns ? std::move(found) : Fd();
}

Fd open_inhabited(const NetnsIdentity& netns, const std::vector<pid_t>& except) {
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        const auto pid = parse_number(name, 1, INT32_MAX);
        if (!pid || std::find(except.begin(), except.end(), pid_t(*pid)) != except.end()) {
            continue;
        }
        if (!may_live_in(netns, name)) {
            continue;
        }
        Fd found = open_netns_of(name);
        if (found && identify(found.get()) == netns) {
            return found;
        }
    }
    // The kernel shows others' namespaces to nobody else; /proc mounted with hidepid does not even
    // list those processes.
    if (!has_sys_ptrace()) {
        throw Error("whether a process lives in network namespace " + std::to_string(netns.inode) +
                    " cannot be seen without CAP_SYS_PTRACE");
    }
    return {};
}

bool is_inhabited(const NetnsIdentity& netns, const std::vector<pid_t>& except) {
    return bool(open_inhabited(netns, except));
}

namespace {

// By its inode, which another namespace may have by now: that one is told by its cookie. One that
// cannot be looked at, because something is mounted over it or its path has a space, counts.
bool is_mounted(const NetnsIdentity& netns) {
    // 47 33 0:4 net:[4026532267] /run/netns/own rw shared:23 - nsfs nsfs rw
    const auto mounts = read_file("/proc/self/mountinfo", max_mountinfo).value_or("");
    const std::string root = "net:[" + std::to_string(netns.inode) + "]";
    for (const auto line : split(mounts, '\n')) {
        const auto fields = split(line, ' ');
        if (fields.size() < 5 || fields[3] != root) {
            continue;
        }
        const std::string path(fields[4]);
        struct stat status{};
        if (::stat(path.c_str(), &status) != 0 || status.st_ino != netns.inode ||
            open_again(path, netns)) {
            return true;
        }
    }
    return false;
}

} // namespace

bool is_held(const NetnsIdentity& netns, const std::vector<pid_t>& except) {
    return is_mounted(netns) || is_inhabited(netns, except);
}

bool is_network_foreign() {
    const Fd own(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!own) {
        throw_errno("open /proc/self/ns/net");
    }
    const Fd owner(::ioctl(own.get(), NS_GET_USERNS));
    if (!owner && errno != EPERM) {
        throw_errno("ask for the user namespace of our network");
    }
    return !owner;
}

ContainerNetns ContainerNetns::open(Fd netns) {
    const Visit visit(netns.get());
    Fd ipv6_conf(::open("/proc/sys/net/ipv6/conf", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!ipv6_conf && errno != ENOENT) {
        throw_errno("open /proc/sys/net/ipv6/conf");
    }
    return ContainerNetns{.netns = std::move(netns),
                          .route = netlink::Socket::open(NETLINK_ROUTE),
                          .ipv6_conf = std::move(ipv6_conf)};
}

} // namespace ocinet
