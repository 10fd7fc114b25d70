// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <set>
#include <string>
#include <vector>

#include "netsetup/base/address.h"
#include "netsetup/netlink.h"

/// Where an overlay network's containers on other hosts are, as the kernel knows it: behind which
/// host a MAC address is (the VXLAN device's forwarding entries, vxlan(4) in iproute2's bridge(8)),
/// behind which port of the bridge, and of which address it is (the bridge's neighbours, for which
/// the bridge answers ARP and neighbour solicitations itself: neigh_suppress, RFC 7432 section 10).
namespace ocinet::endpoints {

struct Endpoint {
    Mac mac;
    /// Of the host, in the network that carries the tunnels.
    IpAddress host;
    std::vector<IpAddress> addresses;

    auto operator<=>(const Endpoint&) const = default;
};

/// The two links that hold them.
struct Links {
    int vxlan = 0;
    int bridge = 0;

    bool operator==(const Links&) const = default;
};

/// The commands that one endpoint equals.
std::vector<std::string> commands(const Endpoint& endpoint, const std::string& vxlan,
                                  const std::string& bridge);

/// Makes the kernel know these endpoints, and no others, by what is different. Returns how many
/// entries it changed.
std::size_t synchronise(netlink::Socket& socket, const Links& links,
                        const std::vector<Endpoint>& wanted);

/// The same where it is known what the kernel knows: nobody else changed it since.
std::size_t change(netlink::Socket& socket, const Links& links, const std::vector<Endpoint>& known,
                   const std::vector<Endpoint>& wanted);

/// The hosts to which the device sends, by its entries.
std::set<IpAddress> hosts(netlink::Socket& socket, int vxlan);

/// What of these the kernel does not know, in words; what it knows beyond them is no difference.
/// The VXLAN device is a port of the bridge.
std::vector<std::string> differences(netlink::Socket& socket, const Links& links,
                                     const std::vector<Endpoint>& wanted);

} // namespace ocinet::endpoints
