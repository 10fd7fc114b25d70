// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "netsetup/base/address.h"
#include "netsetup/netlink.h"

/// What rtnetlink says of links and their addresses, and the messages that many operations need
/// (rtnetlink(7), include/uapi/linux/if_link.h).
namespace ocinet::link {

/// IFLA_MACVLAN_BC_CUTOFF, since Linux 6.4.
inline constexpr std::uint16_t macvlan_broadcast_limit = 9;

struct Link {
    int index = 0;
    std::string name;
    std::string alias;
    /// `bridge`, `veth`, …; empty for hardware.
    std::string kind;
    bool up = false;
    bool loopback = false;
    unsigned mtu = 0;
    Mac mac;
    /// Index of the bridge that it is a port of, or 0.
    int master = 0;
    /// Index of the link that it stands on (a VLAN's sub-interface, a macvlan), or 0.
    int lower = 0;
    /// What a VLAN's sub-interface tags with.
    struct Tag {
        unsigned vlan = 0;
        /// ETH_P_8021Q or ETH_P_8021AD.
        std::uint16_t protocol = 0;
        bool operator==(const Tag&) const = default;
    };
    std::optional<Tag> tag;
    /// As a macvlan or ipvlan: IFLA_MACVLAN_MODE; IFLA_IPVLAN_MODE, IFLA_IPVLAN_FLAGS.
    unsigned mode = 0;
    unsigned flags = 0;
    /// As a macvlan: from how many receivers on a broadcast is queued; nothing where the kernel
    /// does not say.
    std::optional<std::int32_t> broadcast_limit;
    struct Vxlan {
        std::uint32_t vni = 0;
        std::uint16_t port = 0;
        std::optional<IpAddress> local;
        /// Index of the only link by which it sends, or 0.
        int lower = 0;
        bool learning = false;
    };
    /// Of a VXLAN device.
    std::optional<Vxlan> vxlan;
    bool forwards_ipv4 = false;
    bool route_localnet = false;
    bool ipv6_disabled = false;
    /// Heeds router advertisements, and takes addresses from them (ip-sysctl: accept_ra, autoconf).
    bool accept_ra = false;
    bool autoconf = false;
    /// As a bridge's port: frames may leave by the port they came in.
    bool hairpin = false;
    /// Of the addresses that a bridge keeps for its host, those that it forwards from here.
    std::uint16_t group_fwd_mask = 0;
    /// As a bridge's port: learns who is behind it; gets frames to nobody in particular (flood,
    /// mcast_flood, bcast_flood); is not asked for neighbours that the bridge knows.
    bool learning = false;
    bool flooding = false;
    bool neigh_suppress = false;
    /// As a bridge: keeps its VLANs apart, which not every kernel can
    /// (CONFIG_BRIDGE_VLAN_FILTERING).
    bool filters_vlans = false;
    /// Then the one that its ports are put into; 0: none.
    unsigned default_vlan = 0;
};

/// What is wrong with its IPv6 settings, ` has IPv6 switched on`; empty when nothing is. `slaac`:
/// router advertisements are wanted, too.
std::string ipv6_problem(const Link& link, bool wanted, bool slaac = false);

/// Nothing when there is no such link.
std::optional<Link> find(netlink::Socket& socket, const std::string& name);
std::optional<Link> find(netlink::Socket& socket, int index);
/// All that have this alias, whatever they are called.
std::vector<Link> with_alias(netlink::Socket& socket, const std::string& alias);
/// Whether the link of the network in which /sys was mounted is Wi-Fi: rtnetlink does not tell.
bool is_wifi(const std::string& name);
/// A link that is none of ours.
struct Foreign {
    std::string name;
    std::string kind;
    /// Forwards IPv4, IPv6, whatever the host as a whole does.
    bool forwards_ipv4 = false;
    bool forwards_ipv6 = false;
    /// Heeds router advertisements until the host forwards IPv6 (accept_ra is 1).
    bool heeds_routers = false;
};
std::vector<Foreign> foreign(netlink::Socket& socket);
struct Address {
    int index = 0; // the link's
    Prefix prefix;
};
/// The addresses of all links, of one family.
std::vector<Address> all_addresses(netlink::Socket& socket, int family);
/// Those of one link, of both families.
std::vector<Prefix> addresses(netlink::Socket& socket, int index);

/// A VLAN that a bridge's port is a member of.
struct PortVlan {
    unsigned vlan = 0;
    /// What comes in without a tag belongs to it, and what goes out of it has none.
    bool untagged = false;

    bool operator==(const PortVlan&) const = default;
};
std::vector<PortVlan> port_vlans(netlink::Socket& socket, int index);

/// Throws Error when there is none of this name.
Link required(netlink::Socket& socket, const std::string& name);

/// A message about the link called `name`; more attributes can be put into it.
netlink::Message change(const std::string& name);
/// A message that raises it.
netlink::Message raise(const std::string& name);
/// The commit of a new link: its final name and the mark that it is ours.
netlink::Message name(int index, const std::string& name, const std::string& alias);
/// The same with the link up, all at once.
netlink::Message finish(int index, const std::string& name, const std::string& alias);
/// Deletes it; one that does not exist is success.
void remove(netlink::Socket& socket, const std::string& name);

/// Makes the kernel act now on a change of the link's carrier. It does so in the background
/// (net/core/link_watch.c), and until then a bridge does not forward to a port that has just been
/// raised: the container's first packets would be lost.
void settle_carrier(netlink::Socket& socket, const std::string& name);

/// As ip(8) takes it behind `ip address add`: `10.90.0.5/16 brd +`, `fd00::5/64 nodad`.
std::string address_words(const Prefix& address);
/// An IPv6 address is usable at once: nobody else can have it, so nobody is asked (IFA_F_NODAD).
netlink::Message add_address(int index, const Prefix& address);
/// The same for so many seconds, or for so many more.
netlink::Message lend_address(int index, const Prefix& address, std::uint32_t seconds);
/// One that is gone already is success.
netlink::Message remove_address(int index, const Prefix& address);

/// The broadcast address.
inline constexpr Mac everybody{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
/// Tells the neighbours an IPv4 address of the link's: a gratuitous ARP request (RFC 5227, section
/// 3).
netlink::Message announce(int index, const IpAddress& address);

} // namespace ocinet::link
