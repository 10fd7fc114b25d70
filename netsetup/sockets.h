// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "netsetup/base/address.h"
#include "netsetup/netlink.h"

/// Which local ports processes of the host have bound (sock_diag(7)).
namespace ocinet::sockets {

/// A process's socket that takes a port: listening (TCP) or bound and not connected (UDP), on the
/// given address or with one of the two being the wildcard.
struct Bound {
    IpAddress address;
    std::uint16_t port = 0;
    /// `nginx (pid 4711)`, or `a process` where it cannot be found out.
    std::string owner;
};

/// The first such socket with a port in [first, first + count).
std::optional<Bound> find_bound(netlink::Socket& diag, const std::string& protocol,
                                const IpAddress& address, std::uint16_t first, std::uint16_t count);

} // namespace ocinet::sockets
