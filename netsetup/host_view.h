// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "netsetup/base/address.h"
#include "netsetup/base/names.h"
#include "netsetup/docker_plugin.h"
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
        /// Alike but for their ends: where there is a free one when the range has none.
        std::vector<state::AddressRange> further = {};
        /// Wanted; else a free one is chosen.
        std::optional<IpAddress> fixed;
    };

    /// One port on the host, claimed on several addresses: on 0.0.0.0 and ::.
    struct Port {
        /// Alike but for the address. Port 0 asks for one that is free on all of them.
        std::vector<state::PortClaim> claims;
    };

    std::vector<Address> addresses;
    std::vector<Port> ports;
    /// Where free ports are chosen from; by default, where the kernel does not choose from itself.
    struct PortRange {
        std::uint16_t first = 0;
        std::uint16_t last = 0;
    };
    std::optional<PortRange> free_ports;
    /// The network whose bridge and users are looked at, and the bridge's name; or empty.
    std::string network;
    std::string bridge;
    /// What its containers must agree on (ops::ShareElements).
    std::string definition;
    /// The network's subnets, which must not be the host's or another network's.
    std::vector<Prefix> subnets;
    /// A link of the host's that must not be there; or empty.
    std::string new_link;
    /// The link on which the container's interface is to stand.
    struct Parent {
        /// Empty: the one that the host's default route leads to.
        std::string name;
        /// Not 0: its sub-interface of this VLAN.
        unsigned vlan = 0;
        /// How it is used (ops::UseParent).
        std::string as;
    };
    std::optional<Parent> parent;
    /// The network's link on the parent (ops::EnsureHostLink); or empty.
    std::string host_link;
    /// This host's address from which an overlay's tunnels lead, and the network's VXLAN device; or
    /// empty.
    std::optional<IpAddress> underlay;
    std::string vxlan;
    /// Whether the firewall is looked at, and whether the host forwards IPv4, IPv6.
    bool firewall = false;
    bool forwarding4 = false;
    bool forwarding6 = false;
    /// Whether the MTU of the host's default route is asked for.
    bool mtu = false;
    /// The engine's file mounted at the container's /etc/hosts; or empty.
    std::string hosts_file;
    /// Programs of others' that are looked for by these names, in this order of directories.
    std::vector<std::string> plugins;
    std::vector<std::string> plugin_directories;
    /// Docker's, by their names; and the network that one of them may have made, with what its
    /// containers must agree on.
    std::vector<std::string> docker_plugins;
    std::string docker_network;
    std::string docker_definition;
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

    /// As asked for, one by one; meaningless where there are conflicts. The port that all claims of
    /// a Port got.
    std::vector<IpAddress> addresses;
    std::vector<std::uint16_t> ports;
    std::vector<Conflict> conflicts;

    /// The parent that was asked for; where it is not there, or we made it, the one whose
    /// sub-interface it is (eth0 for eth0.50), and so on to one that is the host's own, or none.
    struct Parent {
        std::string name;
        std::optional<link::Link> link;
        bool is_wifi = false;
    };
    std::vector<Parent> parents;
    /// Of the parent, where it is there.
    std::vector<Prefix> parent_addresses;
    std::optional<link::Link> host_link;

    /// The interface that has HostQuery::underlay; nothing where none has.
    struct Underlay {
        std::string name;
        unsigned mtu = 0;
    };
    std::optional<Underlay> underlay;
    std::optional<link::Link> vxlan;

    std::optional<link::Link> bridge;
    std::vector<Prefix> bridge_addresses;
    /// The network has other containers.
    bool network_in_use = false;
    std::optional<unsigned> default_route_mtu;
    std::optional<int> policy_version;

    /// Of one family. Turning it on or off changes net.FAMILY.conf.default.forwarding, too
    /// (net/ipv4/devinet.c: inet_forward_change, net/ipv6/addrconf.c: addrconf_fixup_forwarding).
    struct Forwarding {
        bool on = false;
        bool by_default = false;
    };
    Forwarding ipv4;
    Forwarding ipv6;
    /// When the host does not forward one of the families: all its interfaces but ours.
    std::vector<link::Foreign> interfaces;
    /// net.ipv4.conf.all.accept_redirects, which IPv4's forwarding changes.
    bool accepts_redirects = false;
    /// What a policy that is loaded anew must hold again (wanted_elements()).
    std::vector<nft::Element> lost;
    /// Where HostQuery::plugins are, one by one; empty where one is in none of the directories.
    std::vector<std::string> plugins;
    /// Of HostQuery::docker_plugins, one by one; nothing where there is none.
    std::vector<std::optional<docker_plugin::Plugin>> docker_plugins;
    /// The ids of the network's pools, where it is there.
    std::optional<std::vector<std::string>> docker_pools;
    /// Why the file of HostQuery::hosts_file must be left alone; empty where it may be written.
    std::string hosts_file_problem;
};

/// `names` chooses ports. Throws Error when the kernel cannot be asked.
HostView look(const HostQuery& query, const state::Directory& directory, netlink::Socket& route,
              netlink::Socket& netfilter, NameSource& names);

} // namespace ocinet
