// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/base/deadline.h"
#include "netsetup/netlink.h"
#include "netsetup/state/directory.h"
#include "netsetup/state/locks.h"

namespace ocinet {

/// The host as a program has it open: its state, its locks, its kernel.
struct Host {
    state::Directory directory = state::Directory::open();
    /// Of the call that a program was asked for.
    Deadline deadline = Deadline::never();
    state::Locks locks{directory, deadline};
    netlink::Socket route = netlink::Socket::open(NETLINK_ROUTE);
    netlink::Socket netfilter = netlink::Socket::open(NETLINK_NETFILTER);
};

} // namespace ocinet
