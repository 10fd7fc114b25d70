// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/wireguard.h"

#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/wireguard.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>

#include "netsetup/attributes.h"
#include "netsetup/link.h"

namespace ocinet::wireguard {

namespace {

// A message has room for them.
constexpr std::size_t peers_at_once = 16;
constexpr std::size_t message_size = 4096;

netlink::Message generic(std::uint16_t family, std::uint8_t command, std::uint8_t version) {
    netlink::Message message(family, 0, message_size);
    auto& header = message.header<genlmsghdr>();
    header.cmd = command;
    header.version = version;
    return message;
}

std::uint16_t find_family(netlink::Socket& socket) {
    auto request = generic(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
    request.put_string(CTRL_ATTR_FAMILY_NAME, WG_GENL_NAME);
    request.allow(ENOENT);
    std::uint16_t family = 0;
    socket.send(std::move(request), [&](const nlmsghdr& answer) {
        family =
            netlink::u16_of(netlink::attribute(answer, sizeof(genlmsghdr), CTRL_ATTR_FAMILY_ID));
    });
    if (family == 0) {
        throw Error("this kernel has no WireGuard").hint("it lacks CONFIG_WIREGUARD");
    }
    return family;
}

void put_key(netlink::Message& message, std::uint16_t type, const Key& key) {
    message.put(type, key.bytes.data(), key.bytes.size());
}

Key key_in(const nlattr* attribute) {
    const auto bytes = netlink::bytes_of(attribute);
    Key key;
    if (bytes.size() == key.bytes.size()) {
        std::memcpy(key.bytes.data(), bytes.data(), bytes.size());
    }
    return key;
}

void put_host(netlink::Message& message, const Peer& peer) {
    if (peer.host.is_v4()) {
        sockaddr_in host{};
        host.sin_family = AF_INET;
        host.sin_port = htons(peer.port);
        std::memcpy(&host.sin_addr, peer.host.data(), peer.host.size());
        message.put(WGPEER_A_ENDPOINT, &host, sizeof host);
    } else {
        sockaddr_in6 host{};
        host.sin6_family = AF_INET6;
        host.sin6_port = htons(peer.port);
        std::memcpy(&host.sin6_addr, peer.host.data(), peer.host.size());
        message.put(WGPEER_A_ENDPOINT, &host, sizeof host);
    }
}

void put_peer(netlink::Message& message, const Peer& peer) {
    put_key(message, WGPEER_A_PUBLIC_KEY, peer.public_key);
    message.put_u32(WGPEER_A_FLAGS, WGPEER_F_REPLACE_ALLOWEDIPS);
    put_host(message, peer);
    message.nest(WGPEER_A_ALLOWEDIPS, [&](netlink::Message& all) {
        all.nest(0, [&](netlink::Message& allowed) {
            allowed.put_u16(WGALLOWEDIP_A_FAMILY, std::uint16_t(peer.inner.family()));
            allowed.put(WGALLOWEDIP_A_IPADDR, peer.inner.data(), peer.inner.size());
            allowed.put_u8(WGALLOWEDIP_A_CIDR_MASK, std::uint8_t(peer.inner.bits()));
        });
    });
}

void put_gone(netlink::Message& message, const Key& key) {
    put_key(message, WGPEER_A_PUBLIC_KEY, key);
    message.put_u32(WGPEER_A_FLAGS, WGPEER_F_REMOVE_ME);
}

template <typename Item, typename Put>
void put_all(netlink::Message& peers, std::span<const Item> items, Put put) {
    for (const auto& item : items) {
        peers.nest(0, [&](netlink::Message& peer) { put(peer, item); });
    }
}

template <typename Item, typename Make, typename Put>
void send_parts(netlink::Socket& socket, std::span<const Item> left, Make make, Put put) {
    while (!left.empty()) {
        const auto part = left.first(std::min(left.size(), peers_at_once));
        netlink::Message message = make();
        message.nest(WGDEVICE_A_PEERS, [&](netlink::Message& peers) { put_all(peers, part, put); });
        socket.send(std::move(message));
        left = left.subspan(part.size());
    }
}

netlink::Message create(const std::string& name) {
    netlink::Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    message.header<ifinfomsg>().ifi_family = AF_UNSPEC;
    message.put_string(IFLA_IFNAME, name);
    message.nest(IFLA_LINKINFO,
                 [](netlink::Message& info) { info.put_string(IFLA_INFO_KIND, "wireguard"); });
    return message;
}

} // namespace

unsigned overhead(const IpAddress& host) {
    return (host.is_v4() ? 20 : 40) + 8 + 16 + 16;
}

Control Control::open() {
    auto socket = netlink::Socket::open(NETLINK_GENERIC);
    const auto family = find_family(socket);
    return Control(std::move(socket), family);
}

netlink::Message Control::message(std::uint8_t command, int index) const {
    auto message = generic(family_, command, WG_GENL_VERSION);
    message.put_u32(WGDEVICE_A_IFINDEX, std::uint32_t(index));
    return message;
}

Key Control::configure(int index, const Key& private_key, std::uint16_t port) {
    auto settings = message(WG_CMD_SET_DEVICE, index);
    put_key(settings, WGDEVICE_A_PRIVATE_KEY, private_key);
    settings.put_u16(WGDEVICE_A_LISTEN_PORT, port);
    socket_.send(std::move(settings));
    Key key;
    socket_.dump(message(WG_CMD_GET_DEVICE, index), [&](const nlmsghdr& answer) {
        if (const auto* found =
                netlink::attribute(answer, sizeof(genlmsghdr), WGDEVICE_A_PUBLIC_KEY)) {
            key = key_in(found);
        }
    });
    return key;
}

std::vector<Key> Control::peers(int index) {
    std::vector<Key> keys;
    const auto take = [&](const nlmsghdr& answer) {
        const auto* peers = netlink::attribute(answer, sizeof(genlmsghdr), WGDEVICE_A_PEERS);
        for (const auto* peer : netlink::all_nested(peers, 0)) {
            keys.push_back(key_in(netlink::nested(peer, WGPEER_A_PUBLIC_KEY)));
        }
    };
    socket_.dump(message(WG_CMD_GET_DEVICE, index), take, [&] { keys.clear(); });
    return keys;
}

void Control::put(int index, const std::vector<Peer>& peers) {
    send_parts<Peer>(socket_, peers, [&] { return message(WG_CMD_SET_DEVICE, index); }, put_peer);
}

void Control::forget(int index, const std::vector<Key>& peers) {
    send_parts<Key>(socket_, peers, [&] { return message(WG_CMD_SET_DEVICE, index); }, put_gone);
}

int ensure(netlink::Socket& route, const std::string& name) {
    const auto found = link::find(route, name);
    if (found && found->kind != "wireguard") {
        throw Error("the host has an interface " + name + " already, which is no WireGuard");
    }
    if (found) {
        return found->index;
    }
    try {
        route.send(create(name));
    } catch (netlink::Refused& refused) {
        if (refused.error() == EOPNOTSUPP) {
            refused.hint("this kernel has no WireGuard: it lacks CONFIG_WIREGUARD");
        }
        throw;
    }
    return link::required(route, name).index;
}

namespace {

void give_address(netlink::Socket& route, int index, const Prefix& inner) {
    bool is_there = false;
    for (const auto& one : link::addresses(route, index)) {
        is_there = is_there || one == inner;
        if (one != inner && inner.contains(one.address)) { // of a key that it had
            route.send(link::remove_address(index, one));
        }
    }
    if (!is_there) {
        route.send(link::add_address(index, inner));
    }
}

} // namespace

void raise(netlink::Socket& route, const std::string& name, const Prefix& inner, unsigned mtu) {
    const int index = link::required(route, name).index;
    auto message = link::raise(name);
    message.put_u32(IFLA_MTU, mtu);
    try {
        route.send(std::move(message));
    } catch (netlink::Refused& refused) {
        if (refused.error() == EADDRINUSE) { // its socket is made now
            refused.hint("another program of this host uses its UDP port: ss -lunp");
        }
        throw;
    }
    give_address(route, index, inner); // with an MTU too small for IPv6 it has none until now
}

} // namespace ocinet::wireguard
