// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/policy/frames.h"

#include <cstdint>

namespace ocinet::test {

namespace {

using namespace std::string_literals;

std::string bytes_of(const Mac& mac) {
    return {mac.bytes.begin(), mac.bytes.end()};
}

std::string bytes_of(const IpAddress& address) {
    return {address.data(), address.data() + address.size()};
}

std::string word(unsigned value) {
    return {char(value >> 8), char(value)};
}

const std::string broadcast = "\xff\xff\xff\xff\xff\xff"s;
const std::string all_nodes_mac = "\x33\x33\0\0\0\x01"s;
const IpAddress all_nodes = IpAddress::parse("ff02::1").value();
const IpAddress none4 = IpAddress::any(2);

std::string ethernet(const std::string& to, const Mac& from, unsigned type,
                     const std::string& payload) {
    return to + bytes_of(from) + word(type) + payload;
}

// RFC 1071
std::string checksum(const std::string& bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
        sum += (std::uint32_t(std::uint8_t(bytes[i])) << 8) | std::uint8_t(bytes[i + 1]);
    }
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return word(~sum & 0xffff);
}

// RFC 768, without a checksum.
std::string udp(unsigned from, unsigned to, const std::string& payload) {
    return word(from) + word(to) + word(unsigned(8 + payload.size())) + word(0) + payload;
}

// RFC 791
std::string ipv4(const IpAddress& from, const IpAddress& to, const std::string& payload) {
    std::string header = "\x45\0"s + word(unsigned(20 + payload.size())) + "\0\0\0\0\x40\x11\0\0"s +
                         bytes_of(from) + bytes_of(to);
    header.replace(10, 2, checksum(header));
    return header + payload;
}

// RFC 8200
std::string ipv6(const IpAddress& from, const IpAddress& to, char next,
                 const std::string& payload) {
    return "\x60\0\0\0"s + word(unsigned(payload.size())) + next + "\xff"s + bytes_of(from) +
           bytes_of(to) + payload;
}

// RFC 826
std::string arp(unsigned operation, const Mac& mac, const IpAddress& address,
                const IpAddress& target) {
    return "\0\x01\x08\0\x06\x04"s + word(operation) + bytes_of(mac) + bytes_of(address) +
           std::string(6, '\0') + bytes_of(target);
}

// RFC 4861: type, code, checksum, four bytes, what follows.
std::string icmpv6(char type, const std::string& rest) {
    return std::string{type} + "\0\0\0\0\0\0\0"s + rest;
}

constexpr char solicitation = char(135);
constexpr char advertisement = char(136);
constexpr char icmpv6_protocol = 58;
constexpr char udp_protocol = 17;

std::string option(char type, const Mac& mac) {
    return std::string{type} + "\x01"s + bytes_of(mac);
}

class Frames {
public:
    Frames(const Identity& mallory, const Identity& alice, const Identity& gateway)
        : mallory_(mallory), alice_(alice), gateway_(gateway) {}

    std::vector<Frame> all() {
        add_ipv4();
        add_arp();
        add_ipv6();
        add_solicitations();
        add_advertisements();
        add_foreign();
        return std::move(frames_);
    }

private:
    void add(bool honest, const std::string& name, std::string bytes) {
        frames_.push_back({name, std::move(bytes), honest});
    }
    // Who it is for does not matter to the policy: all of the network get it.
    void add4(bool honest, const std::string& name, const Mac& mac, const IpAddress& from,
              unsigned port) {
        add(honest, name,
            ethernet(broadcast, mac, 0x0800, ipv4(from, alice_.ipv4, udp(999, port, name))));
    }
    void add_arp_of(bool honest, const std::string& name, const Mac& sender,
                    const std::string& packet) {
        add(honest, name, ethernet(broadcast, sender, 0x0806, packet));
    }
    void add6(bool honest, const std::string& name, const Mac& mac, const IpAddress& from,
              char next, const std::string& payload) {
        add(honest, name,
            ethernet(all_nodes_mac, mac, 0x86dd, ipv6(from, all_nodes, next, payload)));
    }
    void add_nd(bool honest, const std::string& name, const IpAddress& from, char type,
                const std::string& rest) {
        add6(honest, name, mallory_.mac, from, icmpv6_protocol, icmpv6(type, rest));
    }

    void add_ipv4() {
        add4(true, "IPv4", mallory_.mac, mallory_.ipv4, 7);
        add4(false, "IPv4 of a neighbour's address", mallory_.mac, alice_.ipv4, 7);
        add4(false, "IPv4 of the gateway's address", mallory_.mac, gateway_.ipv4, 7);
        add4(false, "IPv4 of no address", mallory_.mac, none4, 7);
        add4(false, "IPv4 of a neighbour's MAC address", alice_.mac, mallory_.ipv4, 7);
        add4(false, "IPv4 of a neighbour's addresses", alice_.mac, alice_.ipv4, 7);
        add4(false, "DHCP answer", mallory_.mac, mallory_.ipv4, 68);
        // RFC 2236: to all systems, with the router alert that it need not have here.
        std::string query = ipv4(mallory_.ipv4, alice_.ipv4, "\x11\x64\xee\x9b\0\0\0\0"s);
        query[9] = 2; // IGMP
        query.replace(10, 2, "\0\0"s);
        query.replace(10, 2, checksum(query.substr(0, 20)));
        add(false, "IGMP query", ethernet(broadcast, mallory_.mac, 0x0800, query));
    }

    void add_arp() {
        const Mac& own = mallory_.mac;
        const IpAddress& ip = mallory_.ipv4;
        add_arp_of(true, "ARP request", own, arp(1, own, ip, alice_.ipv4));
        add_arp_of(true, "ARP reply", own, arp(2, own, ip, alice_.ipv4));
        add_arp_of(true, "ARP probe", own, arp(1, own, none4, ip));
        add_arp_of(false, "ARP request of a neighbour's address", own,
                   arp(1, own, alice_.ipv4, ip));
        add_arp_of(false, "ARP reply of the gateway's address", own,
                   arp(2, own, gateway_.ipv4, alice_.ipv4));
        add_arp_of(false, "ARP reply of a neighbour's MAC address", own,
                   arp(2, alice_.mac, ip, gateway_.ipv4));
        add_arp_of(false, "ARP probe of a neighbour's MAC address", own,
                   arp(1, alice_.mac, none4, ip));
        add_arp_of(false, "ARP probe of a neighbour's address", own,
                   arp(1, own, none4, alice_.ipv4));
        add_arp_of(false, "ARP reply of no address", own, arp(2, own, none4, alice_.ipv4));
        add_arp_of(false, "ARP in a frame of a neighbour's", alice_.mac, arp(1, own, ip, none4));
        add_arp_of(false, "reverse ARP", own, arp(3, own, ip, alice_.ipv4));
        add_arp_of(false, "ARP of other addresses", own,
                   "\0\x06"s + arp(1, own, ip, gateway_.ipv4).substr(2));
    }

    void add_ipv6() {
        const Mac& own = mallory_.mac;
        const auto add_udp = [&](bool honest, const std::string& name, const Mac& mac,
                                 const IpAddress& from, unsigned port) {
            add6(honest, name, mac, from, udp_protocol, udp(999, port, name));
        };
        add_udp(true, "IPv6", own, mallory_.ipv6, 7);
        add_udp(true, "IPv6 of the link-local address", own, mallory_.link_local, 7);
        add_udp(false, "IPv6 of a neighbour's address", own, alice_.ipv6, 7);
        add_udp(false, "IPv6 of a neighbour's link-local address", own, alice_.link_local, 7);
        add_udp(false, "IPv6 of no address", own, IpAddress::any(10), 7);
        add_udp(false, "IPv6 of a neighbour's MAC address", alice_.mac, mallory_.ipv6, 7);
        add_udp(false, "DHCPv6 answer", own, mallory_.link_local, 546);
        add_nd(false, "router solicitation", mallory_.link_local, char(133), "");
        add_nd(false, "router advertisement", mallory_.link_local, char(134), std::string(8, 'r'));
        add_nd(false, "multicast listener query", mallory_.link_local, char(130),
               std::string(16, '\0'));
        add_nd(false, "redirect", mallory_.link_local, char(137),
               bytes_of(gateway_.ipv6) + bytes_of(gateway_.ipv6));
    }

    void add_solicitations() {
        const IpAddress& from = mallory_.link_local;
        const std::string alice = bytes_of(alice_.ipv6);
        const std::string nonce = "\x0e\x01nonce!"s;
        add_nd(true, "solicitation", from, solicitation, alice + option(1, mallory_.mac));
        add_nd(true, "solicitation without an option", from, solicitation, alice);
        add_nd(false, "solicitation of a neighbour's MAC address", from, solicitation,
               alice + option(1, alice_.mac));
        add_nd(false, "solicitation with a second option", from, solicitation,
               alice + option(1, mallory_.mac) + option(1, alice_.mac));
        add_nd(false, "solicitation with a nonce before the option", from, solicitation,
               alice + nonce + option(1, alice_.mac));
        add_nd(false, "solicitation with an option of the other kind", from, solicitation,
               alice + option(2, mallory_.mac));
        const IpAddress none = IpAddress::any(10);
        const std::string own = bytes_of(mallory_.ipv6);
        add_nd(true, "duplicate address detection", none, solicitation, own);
        add_nd(true, "duplicate address detection with a nonce", none, solicitation, own + nonce);
        add_nd(false, "duplicate address detection of a neighbour's address", none, solicitation,
               alice);
        add6(false, "duplicate address detection in a neighbour's frame", alice_.mac, none,
             icmpv6_protocol, icmpv6(solicitation, bytes_of(mallory_.link_local)));
    }

    void add_advertisements() {
        const IpAddress& from = mallory_.ipv6;
        const std::string own = bytes_of(mallory_.ipv6);
        const std::string gateway = bytes_of(gateway_.ipv6);
        add_nd(true, "advertisement", from, advertisement, own + option(2, mallory_.mac));
        add_nd(true, "advertisement of the link-local address", from, advertisement,
               bytes_of(mallory_.link_local) + option(2, mallory_.mac));
        add_nd(true, "advertisement without an option", from, advertisement, own);
        add_nd(false, "advertisement of the gateway's address", from, advertisement,
               gateway + option(2, mallory_.mac));
        add_nd(false, "advertisement of the gateway's address without an option", from,
               advertisement, gateway);
        add_nd(false, "advertisement of a neighbour's MAC address", from, advertisement,
               own + option(2, alice_.mac));
        add_nd(false, "advertisement with an option of the other kind", from, advertisement,
               own + option(1, mallory_.mac));
        add_nd(false, "advertisement with a second option", from, advertisement,
               own + option(2, mallory_.mac) + option(2, alice_.mac));
        // Destination options of eight bytes, all padding (RFC 8200, 4.6).
        const std::string padding = std::string{icmpv6_protocol} + "\0\x01\x04\0\0\0\0"s;
        add6(false, "advertisement behind an extension header", mallory_.mac, from, 60,
             padding + icmpv6(advertisement, gateway + option(2, mallory_.mac)));
    }

    void add_foreign() {
        add(false, "LLDP", ethernet(broadcast, mallory_.mac, 0x88cc, "lldp lldp lldp"));
        add(false, "802.3 with LLC",
            ethernet(broadcast, mallory_.mac, 38, "\x42\x42\x03"s + std::string(35, 's')));
        add(false, "IPv4 in VLAN 7",
            ethernet(broadcast, mallory_.mac, 0x8100,
                     word(7) + word(0x0800) +
                         ipv4(mallory_.ipv4, alice_.ipv4, udp(999, 7, "in a VLAN"))));
    }

    const Identity& mallory_;
    const Identity& alice_;
    const Identity& gateway_;
    std::vector<Frame> frames_;
};

} // namespace

std::vector<Frame> frames_of(const Identity& mallory, const Identity& alice,
                             const Identity& gateway) {
    return Frames(mallory, alice, gateway).all();
}

} // namespace ocinet::test
