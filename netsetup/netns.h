// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/base/fd.h"
#include "netsetup/netlink.h"

namespace ocinet {

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
