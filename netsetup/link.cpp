// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/link.h"

#include <linux/ethtool.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <set>

namespace ocinet::link {

namespace {

std::string text_of(const nlattr* attr) {
    return attr ? std::string(mnl_attr_get_str(attr)) : std::string();
}

std::uint32_t number_of(const nlattr* attr) {
    return attr ? mnl_attr_get_u32(attr) : 0;
}

// One of a family's per-interface settings, as rtnetlink lists them: an array of 32-bit numbers.
std::uint32_t setting_of(const nlattr* settings, std::size_t index) {
    if (!settings || mnl_attr_get_payload_len(settings) < (index + 1) * sizeof(std::uint32_t)) {
        return 0;
    }
    std::uint32_t value = 0;
    std::memcpy(&value,
                static_cast<const char*>(mnl_attr_get_payload(settings)) + index * sizeof value,
                sizeof value);
    return value;
}

// IPV4_DEVCONF_* count from 1, DEVCONF_* from 0 (net/ipv4/devinet.c: inet_fill_link_af).
bool ipv4_setting(const nlattr* family, std::size_t index) {
    return setting_of(netlink::nested(family, IFLA_INET_CONF), index - 1) != 0;
}

Link parse(const nlmsghdr& message) {
    const auto* header = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(&message));
    const auto attr = [&](std::uint16_t type) {
        return netlink::attribute(message, sizeof(ifinfomsg), type);
    };
    Link link;
    link.index = header->ifi_index;
    link.up = (header->ifi_flags & IFF_UP) != 0;
    link.name = text_of(attr(IFLA_IFNAME));
    link.alias = text_of(attr(IFLA_IFALIAS));
    link.kind = text_of(netlink::nested(attr(IFLA_LINKINFO), IFLA_INFO_KIND));
    link.mtu = number_of(attr(IFLA_MTU));
    link.master = int(number_of(attr(IFLA_MASTER)));
    if (const nlattr* mac = attr(IFLA_ADDRESS); mac && mnl_attr_get_payload_len(mac) == 6) {
        std::memcpy(link.mac.bytes.data(), mnl_attr_get_payload(mac), 6);
    }
    const nlattr* port = netlink::nested(attr(IFLA_LINKINFO), IFLA_INFO_SLAVE_DATA);
    const nlattr* hairpin = netlink::nested(port, IFLA_BRPORT_MODE);
    link.hairpin = hairpin && mnl_attr_get_u8(hairpin) != 0;
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

std::string ipv6_problem(const Link& link, bool wanted) {
    if (link.ipv6_disabled == wanted) {
        return wanted ? " has IPv6 switched off" : " has IPv6 switched on";
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

std::vector<Foreign> foreign(netlink::Socket& socket) {
    netlink::Message request(RTM_GETLINK, 0);
    request.header<ifinfomsg>().ifi_family = AF_UNSPEC;
    request.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    std::vector<Foreign> links;
    socket.dump(std::move(request), [&](const nlmsghdr& answer) {
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
        const auto* found = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(&answer));
        // IPv6 has IFA_LOCAL only where there is a peer, too.
        const nlattr* local = netlink::attribute(answer, sizeof(ifaddrmsg), IFA_LOCAL);
        if (!local) {
            local = netlink::attribute(answer, sizeof(ifaddrmsg), IFA_ADDRESS);
        }
        if (local) {
            addresses.push_back({int(found->ifa_index),
                                 {IpAddress::from_bytes(mnl_attr_get_payload(local),
                                                        mnl_attr_get_payload_len(local)),
                                  found->ifa_prefixlen}});
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

namespace {

void dump_routes(netlink::Socket& socket, int family,
                 const std::function<void(const Route&)>& visit) {
    netlink::Message request(RTM_GETROUTE, 0);
    request.header<rtmsg>().rtm_family = std::uint8_t(family);
    socket.dump(std::move(request), [&](const nlmsghdr& answer) {
        const auto* header = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(&answer));
        if (header->rtm_table != RT_TABLE_MAIN) {
            return;
        }
        const auto attr = [&](std::uint16_t type) {
            return netlink::attribute(answer, sizeof(rtmsg), type);
        };
        const auto address = [&](std::uint16_t type) {
            const nlattr* value = attr(type);
            return value ? std::optional(IpAddress::from_bytes(mnl_attr_get_payload(value),
                                                               mnl_attr_get_payload_len(value)))
                         : std::nullopt;
        };
        visit({.destination = {address(RTA_DST).value_or(IpAddress::any(family)),
                               header->rtm_dst_len},
               .gateway = address(RTA_GATEWAY),
               .metric = number_of(attr(RTA_PRIORITY)),
               .type = header->rtm_type,
               .index = int(number_of(attr(RTA_OIF)))});
    });
}

} // namespace

// The kernel chooses the metric, and for IPv6 the link, where the message names none.
bool has_route(netlink::Socket& socket, const Route& route) {
    bool found = false;
    dump_routes(socket, route.destination.address.family(), [&](const Route& other) {
        found = found ||
                (other.destination == route.destination && other.gateway == route.gateway &&
                 other.type == route.type && (route.metric == 0 || other.metric == route.metric) &&
                 (route.index == 0 || other.index == route.index));
    });
    return found;
}

std::optional<unsigned> default_route_mtu(netlink::Socket& socket) {
    std::set<int> links;
    for (const int family : {AF_INET, AF_INET6}) {
        dump_routes(socket, family, [&](const Route& route) {
            if (route.destination.length == 0 && route.index != 0) {
                links.insert(route.index);
            }
        });
    }
    std::optional<unsigned> least;
    for (const int index : links) {
        const auto found = find(socket, index);
        if (found && (!least || found->mtu < *least)) {
            least = found->mtu;
        }
    }
    return least;
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

netlink::Message add_address(int index, const Prefix& address) {
    netlink::Message message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
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

netlink::Message add_route(const Route& route) {
    netlink::Message message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
    auto& header = message.header<rtmsg>();
    const Prefix& destination = route.destination;
    header.rtm_family = std::uint8_t(destination.address.family());
    header.rtm_dst_len = std::uint8_t(destination.length);
    header.rtm_table = RT_TABLE_MAIN;
    header.rtm_protocol = RTPROT_BOOT; // what `ip route add` writes
    header.rtm_scope = RT_SCOPE_UNIVERSE;
    header.rtm_type = route.type;
    if (destination.length != 0) {
        message.put(RTA_DST, destination.address.data(), destination.address.size());
    }
    if (route.gateway) {
        message.put(RTA_GATEWAY, route.gateway->data(), route.gateway->size());
    }
    if (route.index != 0) {
        message.put_u32(RTA_OIF, std::uint32_t(route.index));
    }
    if (route.metric != 0) {
        message.put_u32(RTA_PRIORITY, route.metric);
    }
    return message;
}

} // namespace ocinet::link
