// SPDX-License-Identifier: GPL-2.0-or-later
//
// The floor: the least that a process can do to give a container the network that ocinet's bridge
// driver gives it. No JSON, no IPAM, no state, no locks, no roll-back: everything comes by argv,
// and the bridge and the nft table stand already (floor_contender.cpp makes them).
//
//   ocinet-floor attach PID BRIDGE HOSTLINK ADDRESS PREFIXLEN GATEWAY HOSTPORT PORT
//   ocinet-floor del HOSTLINK HOSTPORT
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>

#include "tests/bench/floor_netlink.h"

using ocinet::floor::Batch;
using ocinet::floor::die;
using ocinet::floor::open_netlink;

namespace {

unsigned index_of(const char* link) {
    const unsigned index = if_nametoindex(link);
    if (index == 0) {
        die(link, errno);
    }
    return index;
}

in_addr parse_address(const char* text) {
    in_addr address{};
    if (inet_pton(AF_INET, text, &address) != 1) {
        die(text, EINVAL);
    }
    return address;
}

std::uint16_t parse_port(const char* text) {
    return htons(std::uint16_t(std::strtoul(text, nullptr, 10)));
}

// A data register holds each part of a concatenation in 32-bit cells of its own.
struct PublishKey {
    std::uint8_t protocol = IPPROTO_TCP;
    std::array<std::uint8_t, 3> padding{};
    std::uint16_t port = 0;
    std::uint16_t padding2 = 0;
};
struct PublishTarget {
    in_addr address{};
    std::uint16_t port = 0;
    std::uint16_t padding = 0;
};

void put_data(Batch& batch, std::uint16_t type, const void* data, std::size_t size) {
    const std::size_t outer = batch.nest(type);
    batch.put(NFTA_DATA_VALUE, data, size);
    batch.end_nest(outer);
}

/// One transaction with one element of the map `publish` in the table `inet floor`.
void change_element(int socket, int operation, unsigned flags, const PublishKey& key,
                    const PublishTarget* target) {
    const nfgenmsg edge{AF_UNSPEC, NFNETLINK_V0, htons(NFNL_SUBSYS_NFTABLES)};
    const nfgenmsg inet{NFPROTO_INET, NFNETLINK_V0, 0};
    Batch batch;
    batch.begin(NFNL_MSG_BATCH_BEGIN, 0, edge, "nft batch");
    batch.begin(std::uint16_t(NFNL_SUBSYS_NFTABLES << 8 | operation), NLM_F_ACK | flags, inet,
                "nft element");
    batch.put(NFTA_SET_ELEM_LIST_TABLE, "floor");
    batch.put(NFTA_SET_ELEM_LIST_SET, "publish");
    const std::size_t list = batch.nest(NFTA_SET_ELEM_LIST_ELEMENTS);
    const std::size_t element = batch.nest(NFTA_LIST_ELEM);
    put_data(batch, NFTA_SET_ELEM_KEY, &key, sizeof key);
    if (target != nullptr) {
        put_data(batch, NFTA_SET_ELEM_DATA, target, sizeof *target);
    }
    batch.end_nest(element);
    batch.end_nest(list);
    batch.begin(NFNL_MSG_BATCH_END, 0, edge, "nft batch");
    batch.run(socket);
}

/// The pair in one message: the host end enslaved and up, the peer already in its netns. One queue
/// each: more of them cost time and serve no veth.
void create_pair(int socket, const char* bridge, const char* host_link, int netns) {
    ifinfomsg host{};
    host.ifi_flags = IFF_UP;
    host.ifi_change = IFF_UP;
    const ifinfomsg peer{};
    Batch batch;
    batch.begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, host, "ip link add");
    batch.put(IFLA_IFNAME, host_link);
    batch.put(IFLA_MASTER, index_of(bridge));
    batch.put(IFLA_NUM_TX_QUEUES, 1);
    batch.put(IFLA_NUM_RX_QUEUES, 1);
    const std::size_t info = batch.nest(IFLA_LINKINFO);
    batch.put(IFLA_INFO_KIND, "veth");
    const std::size_t data = batch.nest(IFLA_INFO_DATA);
    const std::size_t peer_info = batch.nest(VETH_INFO_PEER);
    batch.raw(&peer, sizeof peer);
    batch.put(IFLA_IFNAME, "eth0");
    batch.put(IFLA_NET_NS_FD, std::uint32_t(netns));
    batch.put(IFLA_NUM_TX_QUEUES, 1);
    batch.put(IFLA_NUM_RX_QUEUES, 1);
    batch.end_nest(peer_info);
    batch.end_nest(data);
    batch.end_nest(info);
    batch.run(socket);
}

void raise_link(Batch& batch, int index, const char* label) {
    ifinfomsg link{};
    link.ifi_index = index;
    link.ifi_flags = IFF_UP;
    link.ifi_change = IFF_UP;
    batch.begin(RTM_NEWLINK, NLM_F_ACK, link, label);
}

/// lo and eth0 up, the address, the default route: one send.
void configure_container(int socket, in_addr address, std::uint8_t length, in_addr gateway) {
    const auto host_bits = std::uint32_t((std::uint64_t(1) << (32 - length)) - 1);
    const unsigned eth0 = index_of("eth0");
    const std::uint32_t broadcast = address.s_addr | htonl(host_bits);
    ifaddrmsg where{};
    where.ifa_family = AF_INET;
    where.ifa_prefixlen = length;
    where.ifa_index = eth0;
    rtmsg route{};
    route.rtm_family = AF_INET;
    route.rtm_table = RT_TABLE_MAIN;
    route.rtm_protocol = RTPROT_STATIC;
    route.rtm_scope = RT_SCOPE_UNIVERSE;
    route.rtm_type = RTN_UNICAST;

    Batch batch;
    raise_link(batch, 1, "ip link set lo up");
    raise_link(batch, int(eth0), "ip link set eth0 up");
    batch.begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, where, "ip address add");
    batch.put(IFA_LOCAL, &address, sizeof address);
    batch.put(IFA_ADDRESS, &address, sizeof address);
    batch.put(IFA_BROADCAST, &broadcast, sizeof broadcast);
    batch.begin(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, route, "ip route add default");
    batch.put(RTA_GATEWAY, &gateway, sizeof gateway);
    batch.run(socket);
}

int attach(char** argument) {
    std::array<char, 64> path{};
    std::snprintf(path.data(), path.size(), "/proc/%s/ns/net", argument[0]);
    const int netns = open(path.data(), O_RDONLY | O_CLOEXEC);
    if (netns < 0) {
        die(path.data(), errno);
    }
    const in_addr address = parse_address(argument[3]);
    const auto length = std::uint8_t(std::strtoul(argument[4], nullptr, 10));
    const in_addr gateway = parse_address(argument[5]);

    create_pair(open_netlink(NETLINK_ROUTE), argument[1], argument[2], netns);
    const PublishKey key{.port = parse_port(argument[6])};
    const PublishTarget target{.address = address, .port = parse_port(argument[7])};
    change_element(open_netlink(NETLINK_NETFILTER), NFT_MSG_NEWSETELEM, NLM_F_CREATE | NLM_F_EXCL,
                   key, &target);
    if (setns(netns, CLONE_NEWNET) != 0) {
        die("setns", errno);
    }
    configure_container(open_netlink(NETLINK_ROUTE), address, length, gateway);
    return 0;
}

/// The element first: the grace period that closing its socket waits for then runs beside that of
/// the link. A link that went with its netns is no error.
int del(char** argument) {
    const PublishKey key{.port = parse_port(argument[1])};
    change_element(open_netlink(NETLINK_NETFILTER), NFT_MSG_DELSETELEM, 0, key, nullptr);
    Batch batch;
    batch.begin(RTM_DELLINK, NLM_F_ACK, ifinfomsg{}, "ip link del");
    batch.put(IFLA_IFNAME, argument[0]);
    batch.run(open_netlink(NETLINK_ROUTE), ENODEV);
    return 0;
}

} // namespace

int main(int count, char** argument) {
    if (count == 10 && std::strcmp(argument[1], "attach") == 0) {
        return attach(argument + 2);
    }
    if (count == 4 && std::strcmp(argument[1], "del") == 0) {
        return del(argument + 2);
    }
    std::fputs("usage: ocinet-floor attach PID BRIDGE HOSTLINK ADDRESS PREFIXLEN GATEWAY HOSTPORT "
               "PORT\n       ocinet-floor del HOSTLINK HOSTPORT\n",
               stderr);
    return 2;
}
