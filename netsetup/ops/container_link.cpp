// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/container_link.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "netsetup/json.h"
#include "netsetup/link.h"
#include "netsetup/sysctl.h"

namespace ocinet::ops {

OCINET_JSON(ConfigureLink::Route, destination, gateway, metric)
OCINET_JSON(ConfigureLink, name, addresses, routes)
OCINET_JSON(AnnounceAddress, interface, address, mac)

void to_json(nlohmann::json& json, const RaiseLoopback&) {
    json = nlohmann::json::object();
}
void from_json(const nlohmann::json&, RaiseLoopback&) {}

namespace {

const std::string in_container = "nsenter -t $PID -n ";

link::Link required_link(Context& context, const std::string& name) {
    const auto found = link::find(context.container->route, name);
    if (!found) {
        throw Error("the container has no interface " + name);
    }
    return *found;
}

} // namespace

// --- RaiseLoopback

Description describe(const RaiseLoopback&) {
    return {{in_container + "ip link set dev lo up"}, {"# lo stays up"}};
}

Needs needs(const RaiseLoopback&) {
    return {.container = true};
}

void apply(const RaiseLoopback&, Context& context) {
    context.container->route.send(link::raise("lo"));
}

void undo(const RaiseLoopback&, Context&, Undo) {}

std::vector<std::string> check(const RaiseLoopback&, Context& context) {
    Differences differences;
    differences.expect(required_link(context, "lo").up, "the container's lo is down");
    return std::move(differences).list();
}

// --- ConfigureLink

Description describe(const ConfigureLink& op) {
    Description description;
    description.apply = {
        in_container + sysctl::command("ipv6", op.name, "disable_ipv6", "1"),
        in_container + "ip link set dev " + op.name + " up",
    };
    for (const auto& address : op.addresses) {
        description.apply.push_back(in_container + "ip address add " + address.text() +
                                    " brd + dev " + op.name);
    }
    for (const auto& route : op.routes) {
        description.apply.push_back(
            in_container + "ip route add " +
            (route.destination.length == 0 ? "default" : route.destination.text()) + " via " +
            route.gateway.text() + " dev " + op.name +
            (route.metric != 0 ? " metric " + std::to_string(route.metric) : ""));
    }
    description.undo = {"# addresses and routes go with " + op.name};
    return description;
}

Needs needs(const ConfigureLink&) {
    return {.container = true};
}

void apply(const ConfigureLink& op, Context& context) {
    const int index = required_link(context, op.name).index;
    sysctl::disable_ipv6(context.container->ipv6_conf.get(), op.name);
    std::vector<netlink::Message> messages;
    int command = 1;
    messages.push_back(link::raise(op.name));
    messages.back().command(command++);
    for (const auto& address : op.addresses) {
        messages.push_back(link::add_address(index, address));
        messages.back().command(command++);
    }
    for (const auto& route : op.routes) {
        messages.push_back(link::add_route(index, route.destination, route.gateway, route.metric));
        messages.back().command(command++);
    }
    context.container->route.send(messages);
}

void undo(const ConfigureLink&, Context&, Undo) {}

std::vector<std::string> check(const ConfigureLink& op, Context& context) {
    const auto found = required_link(context, op.name);
    Differences differences;
    differences.expect(found.up, "the container's " + op.name + " is down");
    differences.expect(found.ipv6_disabled, "the container's " + op.name + " has IPv6 switched on");
    const auto addresses = link::addresses(context.container->route, found.index);
    for (const auto& address : op.addresses) {
        differences.expect(std::find(addresses.begin(), addresses.end(), address) !=
                               addresses.end(),
                           "the container's " + op.name + " lacks address " + address.text());
    }
    for (const auto& route : op.routes) {
        differences.expect(
            link::has_route(context.container->route, found.index, route.destination, route.gateway),
            "the container lacks the route to " + route.destination.text());
    }
    return std::move(differences).list();
}

// --- AnnounceAddress

Description describe(const AnnounceAddress& op) {
    return {{"# gratuitous ARP from " + op.interface + ": " + op.address.text() + " is at " +
             op.mac.text()},
            {}};
}

Needs needs(const AnnounceAddress&) {
    return {.container = true};
}

void apply(const AnnounceAddress& op, Context& context) {
    ether_arp packet{};
    packet.arp_hrd = htons(ARPHRD_ETHER);
    packet.arp_pro = htons(ETHERTYPE_IP);
    packet.arp_hln = ETH_ALEN;
    packet.arp_pln = 4;
    packet.arp_op = htons(ARPOP_REQUEST);
    std::memcpy(packet.arp_sha, op.mac.bytes.data(), ETH_ALEN);
    std::memcpy(packet.arp_spa, op.address.data(), 4);
    std::memcpy(packet.arp_tpa, op.address.data(), 4);

    sockaddr_ll everybody{};
    everybody.sll_family = AF_PACKET;
    everybody.sll_protocol = htons(ETHERTYPE_ARP);
    everybody.sll_ifindex = required_link(context, op.interface).index;
    everybody.sll_halen = ETH_ALEN;
    std::fill_n(everybody.sll_addr, ETH_ALEN, 0xff);
    if (::sendto(context.container->packet.get(), &packet, sizeof packet, 0,
                 reinterpret_cast<const sockaddr*>(&everybody), sizeof everybody) < 0) {
        throw_errno("send");
    }
}

void undo(const AnnounceAddress&, Context&, Undo) {}

std::vector<std::string> check(const AnnounceAddress&, Context&) {
    return {};
}

} // namespace ocinet::ops
