// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "netsetup/base/address.h"
#include "netsetup/netlink.h"

/// What rtnetlink says of links and addresses, and the messages that many operations need
/// (rtnetlink(7), include/uapi/linux/if_link.h).
namespace ocinet::link {

struct Link {
    int index = 0;
    std::string name;
    std::string alias;
    /// `bridge`, `veth`, …; empty for hardware.
    std::string kind;
    bool up = false;
    unsigned mtu = 0;
    Mac mac;
    /// Index of the bridge that it is a port of, or 0.
    int master = 0;
    bool route_localnet = false;
    bool ipv6_disabled = false;
    /// As a bridge's port: frames may leave by the port they came in.
    bool hairpin = false;
};

/// Nothing when there is no such link.
std::optional<Link> find(netlink::Socket& socket, const std::string& name);
std::optional<Link> find(netlink::Socket& socket, int index);
/// A link that is none of ours.
struct Foreign {
    std::string name;
    /// Forwards IPv4, whatever the host as a whole does.
    bool forwards = false;
};
std::vector<Foreign> foreign(netlink::Socket& socket);
struct Address {
    int index = 0; // the link's
    Prefix prefix;
};
/// The IPv4 addresses of all links.
std::vector<Address> all_addresses(netlink::Socket& socket);
/// Those of one link.
std::vector<Prefix> addresses(netlink::Socket& socket, int index);
bool has_route(netlink::Socket& socket, int index, const Prefix& destination,
               const IpAddress& gateway);

/// A message about the link called `name`; more attributes can be put into it.
netlink::Message change(const std::string& name);
/// A message that raises it.
netlink::Message raise(const std::string& name);
/// Deletes it; one that does not exist is success.
void remove(netlink::Socket& socket, const std::string& name);

/// Makes the kernel act now on a change of the link's carrier. It does so in the background
/// (net/core/link_watch.c), and until then a bridge does not forward to a port that has just been
/// raised: the container's first packets would be lost.
void settle_carrier(netlink::Socket& socket, const std::string& name);

netlink::Message add_address(int index, const Prefix& address);
/// `destination` of length 0 is the default route.
netlink::Message add_route(int index, const Prefix& destination, const IpAddress& gateway,
                           std::uint32_t metric);

} // namespace ocinet::link
