// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "netsetup/base/fd.h"
#include "netsetup/netlink.h"

namespace ocinet {

/// A network namespace that cannot be mistaken for another one of the same boot.
struct NetnsIdentity {
    /// SO_NETNS_COOKIE (socket(7), Linux 5.14), which is never used again; 0: none.
    std::uint64_t cookie = 0;
    /// Of its file below /proc/PID/ns. It is soon used again, but is found without entering.
    std::uint64_t inode = 0;

    bool operator==(const NetnsIdentity&) const = default;
};

/// Of an open namespace, which is entered for it. Throws Error.
NetnsIdentity identify(int netns);

/// The namespace that was at `path` before; empty when it is not there any more.
Fd open_again(const std::string& path, const NetnsIdentity& netns);

/// The namespace, by way of a process that lives in it, other than these; empty when there is none.
/// Looks at every process of the host. Throws Error when it sees nobody there and has no
/// CAP_SYS_PTRACE, without which it cannot see those of others.
Fd open_inhabited(const NetnsIdentity& netns, const std::vector<pid_t>& except = {});
/// Whether there is such a process.
bool is_inhabited(const NetnsIdentity& netns, const std::vector<pid_t>& except = {});

/// Whether a process other than these lives in it, or it has a name: a mount that we see. One that
/// is ending has neither, although its links stay a moment longer.
bool is_held(const NetnsIdentity& netns, const std::vector<pid_t>& except);

/// Whether the host's network belongs to another user namespace than ours, and not to a descendant
/// of it: as for the hooks of a rootless engine, who are root, but not there.
bool is_network_foreign();

/// What is opened inside a container's network namespace, in one visit. Sockets and the directory
/// stay bound to it; the process is back in the host's namespace and needs no privilege but
/// CAP_NET_ADMIN to use them.
struct ContainerNetns {
    /// `netns`: a descriptor of the namespace (namespaces(7)). Throws Error.
    static ContainerNetns open(Fd netns);

    Fd netns;
    netlink::Socket route;
    /// /proc/sys/net/ipv6/conf; empty where the kernel has no IPv6. This directory is the
    /// namespace's own object; /proc/sys/net is not, it shows the namespace of whoever looks.
    Fd ipv6_conf;
};

} // namespace ocinet
