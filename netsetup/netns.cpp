// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/netns.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>

#include "netsetup/base/log.h"

namespace ocinet {

namespace {

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

} // namespace

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
