// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/link.h"

#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "netsetup/attributes.h"

namespace ocinet::link {

using netlink::address_of;
using netlink::text_of;
using netlink::u32_of;

namespace {

// One of a family's per-interface settings, as rtnetlink lists them: an array of 32-bit numbers.
std::uint32_t setting_of(const nlattr* settings, std::size_t index) {
    const auto array = netlink::bytes_of(settings);
    std::uint32_t value = 0;
    if (array.size() >= (index + 1) * sizeof value) {
        std::memcpy(&value, array.data() + index * sizeof value, sizeof value);
    }
    return value;
}

// IPV4_DEVCONF_* count from 1, DEVCONF_* from 0 (net/ipv4/devinet.c: inet_fill_link_af).
bool ipv4_setting(const nlattr* family, std::size_t index) {
    return setting_of(netlink::nested(family, IFLA_INET_CONF), index - 1) != 0;
}

// What only a link of its kind has.
void parse_kind(Link& link, const nlattr* data) {
    if (link.kind == "bridge") {
        link.filters_vlans = netlink::u8_of(netlink::nested(data, IFLA_BR_VLAN_FILTERING)) != 0;
        link.default_vlan = netlink::u16_of(netlink::nested(data, IFLA_BR_VLAN_DEFAULT_PVID));
    } else if (link.kind == "vlan") {
        link.tag = {.vlan = netlink::u16_of(netlink::nested(data, IFLA_VLAN_ID)),
                    .protocol = ntohs(netlink::u16_of(netlink::nested(data, IFLA_VLAN_PROTOCOL)))};
    } else if (link.kind == "macvlan") {
        link.mode = u32_of(netlink::nested(data, IFLA_MACVLAN_MODE));
        if (const nlattr* limit = netlink::nested(data, macvlan_broadcast_limit)) {
            link.broadcast_limit = std::int32_t(u32_of(limit));
        }
    } else if (link.kind == "vxlan") {
        const auto local = address_of(netlink::nested(data, IFLA_VXLAN_LOCAL));
        link.vxlan = {.vni = u32_of(netlink::nested(data, IFLA_VXLAN_ID)),
                      .port = ntohs(netlink::u16_of(netlink::nested(data, IFLA_VXLAN_PORT))),
                      .local = local ? local : address_of(netlink::nested(data, IFLA_VXLAN_LOCAL6)),
                      .lower = int(netlink::u32_of(netlink::nested(data, IFLA_VXLAN_LINK))),
                      .learning = netlink::u8_of(netlink::nested(data, IFLA_VXLAN_LEARNING)) != 0};
    } else if (link.kind == "ipvlan") {
        link.mode = netlink::u16_of(netlink::nested(data, IFLA_IPVLAN_MODE));
        link.flags = netlink::u16_of(netlink::nested(data, IFLA_IPVLAN_FLAGS));
    }
}

Link parse(const nlmsghdr& message) {
    const auto& header = netlink::header_of<ifinfomsg>(message);
    const auto attr = [&](std::uint16_t type) {
        return netlink::attribute(message, sizeof(ifinfomsg), type);
    };
    Link link;
    link.index = header.ifi_index;
    link.up = (header.ifi_flags & IFF_UP) != 0;
    link.loopback = (header.ifi_flags & IFF_LOOPBACK) != 0;
    link.name = text_of(attr(IFLA_IFNAME));
    link.alias = text_of(attr(IFLA_IFALIAS));
    link.kind = text_of(netlink::nested(attr(IFLA_LINKINFO), IFLA_INFO_KIND));
    link.mtu = u32_of(attr(IFLA_MTU));
    link.master = int(u32_of(attr(IFLA_MASTER)));
    link.lower = int(u32_of(attr(IFLA_LINK)));
    if (const auto mac = netlink::bytes_of(attr(IFLA_ADDRESS)); mac.size() == 6) {
        std::memcpy(link.mac.bytes.data(), mac.data(), 6);
    }
    const nlattr* port = netlink::nested(attr(IFLA_LINKINFO), IFLA_INFO_SLAVE_DATA);
    const auto port_flag = [&](std::uint16_t type) {
        return netlink::u8_of(netlink::nested(port, type)) != 0;
    };
    link.hairpin = port_flag(IFLA_BRPORT_MODE);
    link.learning = port_flag(IFLA_BRPORT_LEARNING);
    link.flooding = port_flag(IFLA_BRPORT_UNICAST_FLOOD) || port_flag(IFLA_BRPORT_MCAST_FLOOD) ||
                    port_flag(IFLA_BRPORT_BCAST_FLOOD);
    link.neigh_suppress = port_flag(IFLA_BRPORT_NEIGH_SUPPRESS);
    link.group_fwd_mask = netlink::u16_of(netlink::nested(port, IFLA_BRPORT_GROUP_FWD_MASK));
    parse_kind(link, netlink::nested(attr(IFLA_LINKINFO), IFLA_INFO_DATA));
    const nlattr* families = attr(IFLA_AF_SPEC);
    const nlattr* ipv4 = netlink::nested(families, AF_INET);
    link.forwards_ipv4 = ipv4_setting(ipv4, IPV4_DEVCONF_FORWARDING);
    link.route_localnet = ipv4_setting(ipv4, IPV4_DEVCONF_ROUTE_LOCALNET);
    const nlattr* ipv6 = netlink::nested(families, AF_INET6);
    const nlattr* settings = netlink::nested(ipv6, IFLA_INET6_CONF);
    link.ipv6_disabled = !ipv6 || setting_of(settings, DEVCONF_DISABLE_IPV6) != 0;
    link.accept_ra = setting_of(settings, DEVCONF_ACCEPT_RA) != 0;
    link.autoconf = setting_of(settings, DEVCONF_AUTOCONF) != 0;
    return link;
}

// About the link with this index, or where that is 0 about the one that the message will name.
netlink::Message get_link(int index) {
    netlink::Message request(RTM_GETLINK, 0);
    auto& header = request.header<ifinfomsg>();
    header.ifi_family = AF_UNSPEC;
    header.ifi_index = index;
    request.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    request.allow(ENODEV);
    return request;
}

std::optional<Link> ask(netlink::Socket& socket, netlink::Message request) {
    std::optional<Link> link;
    socket.send(std::move(request), [&](const nlmsghdr& answer) { link = parse(answer); });
    return link;
}

} // namespace

std::string ipv6_problem(const Link& link, bool wanted, bool slaac) {
    if (link.ipv6_disabled == wanted) {
        return wanted ? " has IPv6 switched off" : " has IPv6 switched on";
    }
    if (slaac) {
        return link.accept_ra && link.autoconf ? "" : " heeds no router advertisements";
    }
    return wanted && (link.accept_ra || link.autoconf) ? " heeds router advertisements" : "";
}

std::optional<Link> find(netlink::Socket& socket, const std::string& name) {
    auto request = get_link(0);
    request.put_string(IFLA_IFNAME, name);
    return ask(socket, std::move(request));
}

std::optional<Link> find(netlink::Socket& socket, int index) {
    return ask(socket, get_link(index));
}

namespace {

netlink::Message list_links() {
    netlink::Message request(RTM_GETLINK, 0);
    request.header<ifinfomsg>().ifi_family = AF_UNSPEC;
    request.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return request;
}

} // namespace

std::vector<Link> with_alias(netlink::Socket& socket, const std::string& alias) {
    std::vector<Link> links;
    const auto restart = [&] { links.clear(); };
    socket.dump(
        list_links(),
        [&](const nlmsghdr& answer) {
            if (auto link = parse(answer); link.alias == alias) {
                links.push_back(std::move(link));
            }
        },
        restart);
    return links;
}

std::vector<Foreign> foreign(netlink::Socket& socket) {
    std::vector<Foreign> links;
    socket.dump(list_links(), [&](const nlmsghdr& answer) {
        const auto attr = [&](std::uint16_t type) {
            return netlink::attribute(answer, sizeof(ifinfomsg), type);
        };
        if (text_of(attr(IFLA_IFALIAS)).starts_with("ocinet:")) {
            return;
        }
        const nlattr* families = attr(IFLA_AF_SPEC);
        const nlattr* ipv6 = netlink::nested(netlink::nested(families, AF_INET6), IFLA_INET6_CONF);
        links.push_back({.name = text_of(attr(IFLA_IFNAME)),
                         .kind = text_of(netlink::nested(attr(IFLA_LINKINFO), IFLA_INFO_KIND)),
                         .forwards_ipv4 = ipv4_setting(netlink::nested(families, AF_INET),
                                                       IPV4_DEVCONF_FORWARDING),
                         .forwards_ipv6 = setting_of(ipv6, DEVCONF_FORWARDING) != 0,
                         .heeds_routers = setting_of(ipv6, DEVCONF_ACCEPT_RA) == 1});
    });
    return links;
}

namespace {

// With strict checking, the kernel filters by index; 0 stands for all.
std::vector<Address> dump_addresses(netlink::Socket& socket, int index, int family) {
    netlink::Message request(RTM_GETADDR, 0);
    auto& header = request.header<ifaddrmsg>();
    header.ifa_family = std::uint8_t(family);
    header.ifa_index = unsigned(index);
    std::vector<Address> addresses;
    socket.dump(std::move(request), [&](const nlmsghdr& answer) {
        const auto& found = netlink::header_of<ifaddrmsg>(answer);
        // IPv6 has IFA_LOCAL only where there is a peer, too.
        auto local = address_of(netlink::attribute(answer, sizeof found, IFA_LOCAL));
        if (!local) {
            local = address_of(netlink::attribute(answer, sizeof found, IFA_ADDRESS));
        }
        if (local) {
            addresses.push_back({int(found.ifa_index), {*local, found.ifa_prefixlen}});
        }
    });
    return addresses;
}

} // namespace

std::vector<Address> all_addresses(netlink::Socket& socket, int family) {
    return dump_addresses(socket, 0, family);
}

std::vector<Prefix> addresses(netlink::Socket& socket, int index) {
    std::vector<Prefix> prefixes;
    for (const auto& address : dump_addresses(socket, index, AF_UNSPEC)) {
        if (address.index == index) {
            prefixes.push_back(address.prefix);
        }
    }
    return prefixes;
}

// net/wireless/core.c: cfg80211_register_netdevice() makes the link.
bool is_wifi(const std::string& name) {
    struct stat status{};
    return ::lstat(("/sys/class/net/" + name + "/phy80211").c_str(), &status) == 0;
}

Link required(netlink::Socket& socket, const std::string& name) {
    auto found = find(socket, name);
    if (!found) {
        throw Error("there is no link " + name);
    }
    return std::move(*found);
}

// The kernel tells them in a dump of the bridges' own family only.
std::vector<PortVlan> port_vlans(netlink::Socket& socket, int index) {
    netlink::Message request(RTM_GETLINK, 0);
    request.header<ifinfomsg>().ifi_family = AF_BRIDGE;
    request.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_BRVLAN);
    std::vector<PortVlan> vlans;
    socket.dump(std::move(request), [&](const nlmsghdr& answer) {
        if (netlink::header_of<ifinfomsg>(answer).ifi_index != index) {
            return;
        }
        const nlattr* bridge = netlink::attribute(answer, sizeof(ifinfomsg), IFLA_AF_SPEC);
        for (const nlattr* attribute : netlink::all_nested(bridge, IFLA_BRIDGE_VLAN_INFO)) {
            bridge_vlan_info found{};
            netlink::bytes_of(attribute).copy(reinterpret_cast<char*>(&found), sizeof found);
            const unsigned both = BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED;
            vlans.push_back({found.vid, (found.flags & both) == both});
        }
    });
    return vlans;
}

netlink::Message change(const std::string& name) {
    netlink::Message message(RTM_NEWLINK, 0);
    message.header<ifinfomsg>().ifi_family = AF_UNSPEC;
    message.put_string(IFLA_IFNAME, name);
    return message;
}

netlink::Message raise(const std::string& name) {
    netlink::Message message(RTM_NEWLINK, 0);
    auto& header = message.header<ifinfomsg>();
    header.ifi_flags = IFF_UP;
    header.ifi_change = IFF_UP;
    message.put_string(IFLA_IFNAME, name);
    return message;
}

namespace {

netlink::Message commit(int index, const std::string& name, const std::string& alias,
                        unsigned flags) {
    netlink::Message message(RTM_SETLINK, 0);
    auto& header = message.header<ifinfomsg>();
    header.ifi_flags = flags;
    header.ifi_change = flags;
    header.ifi_index = index;
    message.put_string(IFLA_IFNAME, name);
    message.put_string(IFLA_IFALIAS, alias);
    return message;
}

} // namespace

netlink::Message name(int index, const std::string& name, const std::string& alias) {
    return commit(index, name, alias, 0);
}

netlink::Message finish(int index, const std::string& name, const std::string& alias) {
    return commit(index, name, alias, IFF_UP);
}

void remove(netlink::Socket& socket, const std::string& name) {
    netlink::Message message(RTM_DELLINK, 0);
    message.header<ifinfomsg>().ifi_family = AF_UNSPEC;
    message.put_string(IFLA_IFNAME, name);
    message.allow(ENODEV);
    socket.send(std::move(message));
}

void settle_carrier(netlink::Socket& socket, const std::string& name) {
    // ETHTOOL_GLINK is the query that waits for the link watch in every kernel
    // (ethtool_op_get_link); RTM_GETLINK does since 6.8 only.
    ethtool_value carrier{.cmd = ETHTOOL_GLINK, .data = 0};
    ifreq request{};
    name.copy(request.ifr_name, sizeof request.ifr_name - 1);
    request.ifr_data = reinterpret_cast<char*>(&carrier);
    if (::ioctl(socket.fd(), SIOCETHTOOL, &request) != 0) {
        throw_errno("read the carrier of " + name);
    }
}

std::string address_words(const Prefix& address) {
    return address.text() + (address.address.is_v4() ? " brd +" : " nodad");
}

namespace {

netlink::Message about_address(std::uint16_t type, std::uint16_t flags, int index,
                               const Prefix& address) {
    netlink::Message message(type, flags);
    auto& header = message.header<ifaddrmsg>();
    header.ifa_family = std::uint8_t(address.address.family());
    header.ifa_prefixlen = std::uint8_t(address.length);
    header.ifa_index = unsigned(index);
    message.put(IFA_LOCAL, address.address.data(), address.address.size());
    message.put(IFA_ADDRESS, address.address.data(), address.address.size());
    if (address.address.is_v4()) {
        const IpAddress broadcast = address.last();
        message.put(IFA_BROADCAST, broadcast.data(), broadcast.size());
    } else {
        message.put_u32(IFA_FLAGS, IFA_F_NODAD);
    }
    return message;
}

} // namespace

netlink::Message add_address(int index, const Prefix& address) {
    return about_address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, index, address);
}

netlink::Message lend_address(int index, const Prefix& address, std::uint32_t seconds) {
    auto message = about_address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, index, address);
    const ifa_cacheinfo lifetime{
        .ifa_prefered = seconds, .ifa_valid = seconds, .cstamp = 0, .tstamp = 0};
    message.put(IFA_CACHEINFO, &lifetime, sizeof lifetime);
    return message;
}

netlink::Message remove_address(int index, const Prefix& address) {
    auto message = about_address(RTM_DELADDR, 0, index, address);
    message.allow(EADDRNOTAVAIL);
    return message;
}

// The kernel itself asks for the link's own address, as it asks a neighbour whether it
// still has one, and here that is everybody. That is a gratuitous ARP request, and another after
// the retransmission time, which a bridge port's hairpin brings back: that ends the asking (RFC
// 5227, section 2.3, too, wants two announcements). It does so by a timer: were it to do so at once
// (NTF_USE), this process would carry the packet to each port of the bridge, 6 us a port. A packet
// socket's close would wait 15 ms for a grace period (packet_release), and the socket would take
// CAP_NET_RAW.
netlink::Message announce(int index, const IpAddress& address) {
    netlink::Message message(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
    auto& header = message.header<ndmsg>();
    header.ndm_family = std::uint8_t(address.family());
    header.ndm_ifindex = index;
    header.ndm_state = NUD_PROBE;
    message.put(NDA_DST, address.data(), address.size());
    message.put(NDA_LLADDR, everybody.bytes.data(), everybody.bytes.size());
    return message;
}

} // namespace ocinet::link
