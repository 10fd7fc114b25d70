// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "netsetup/base/address.h"
#include "netsetup/base/names.h"
#include "netsetup/link.h"
#include "netsetup/netlink.h"
#include "netsetup/nft.h"
#include "netsetup/state/directory.h"
#include "netsetup/state/leases.h"
#include "netsetup/state/ports.h"

/// What a driver may know of the host: it asks (HostQuery), the host is looked at once, and the
/// driver decides on the answer (HostView) alone. Looking costs the same however many containers
/// there are. Looking changes nothing.
namespace ocinet {

struct HostQuery {
    struct Address {
        state::AddressRange range;
        /// Wanted; else a free one is chosen.
        std::optional<IpAddress> fixed;
    };

    std::vector<Address> addresses;
    /// A claim of port 0 asks for a free one.
    std::vector<state::PortClaim> ports;
    /// Where free ports are chosen from; by default, where the kernel does not choose from itself.
    struct PortRange {
        std::uint16_t first = 0;
        std::uint16_t last = 0;
    };
    std::optional<PortRange> free_ports;
    /// The network whose bridge and users are looked at, and the bridge's name; or empty.
    std::string network;
    std::string bridge;
    /// The network's subnets, which must not be the host's or another network's.
    std::vector<Prefix> subnets;
    /// Whether anything of the firewall and of forwarding is looked at.
    bool firewall = false;
    /// The engine's file mounted at the container's /etc/hosts; or empty.
    std::string hosts_file;
};

struct HostView {
    /// Something wanted that another container has.
    struct Conflict {
        std::string what;
        /// A container's id, or empty when it is not a container's.
        std::string owner;
        /// Any dead container may stand in the way.
        bool of_anybody = false;
        std::string hint;
    };

    /// As asked for, one by one; meaningless where there are conflicts.
    std::vector<IpAddress> addresses;
    std::vector<std::uint16_t> ports;
    std::vector<Conflict> conflicts;

    std::optional<link::Link> bridge;
    std::vector<Prefix> bridge_addresses;
    /// The network has other containers.
    bool network_in_use = false;
    std::optional<int> policy_version;
    bool forwards_ipv4 = false;
    /// When the host does not forward: all its interfaces but ours.
    std::vector<link::Foreign> interfaces;
    /// net.ipv4.conf.all.accept_redirects and net.ipv4.conf.default.forwarding: turning forwarding
    /// on or off changes them, too (net/ipv4/devinet.c: inet_forward_change).
    bool accepts_redirects = false;
    bool forwards_by_default = false;
    /// What a policy that is loaded anew must hold again, by the records of those that are there.
    std::vector<nft::Element> lost;
    /// Why the file of HostQuery::hosts_file must be left alone; empty where it may be written.
    std::string hosts_file_problem;
};

/// `names` chooses ports. Throws Error when the kernel cannot be asked.
HostView look(const HostQuery& query, const state::Directory& directory, netlink::Socket& route,
              netlink::Socket& netfilter, NameSource& names);

} // namespace ocinet
