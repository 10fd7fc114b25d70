// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/nft_key.h"

#include <arpa/inet.h>
#include <linux/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <ranges>
#include <span>

#include "netsetup/base/address.h"
#include "netsetup/base/error.h"
#include "netsetup/base/text.h"

namespace ocinet::nft {

namespace {

// The raw ones are bytes of a packet's payload: nft knows no type for them and writes numbers.
enum class Field { interface, ipv4, ipv6, raw_ipv6, mac, raw_mac, protocol, service, raw_vni };

struct SetType {
    const char* name;
    std::vector<Field> key;
    std::vector<Field> value;
    bool interval = false;
    // Of the table that it stands in.
    Family family = Family::inet;
};

const std::vector<SetType>& types() {
    using enum Field;
    static const std::vector<SetType> all = {
        {"bridges", {interface}, {}},
        {"same", {interface, interface}, {}},
        {"apart", {interface, interface}, {}},
        {"internals", {interface}, {}},
        {"limited", {interface}, {}},
        {"open", {interface}, {}},
        {"strict", {interface}, {}},
        {"masq4", {ipv4}, {}, true},
        {"masq6", {ipv6}, {}, true},
        {"outbound4", {ipv4}, {ipv4}, true},
        {"outbound6", {ipv6}, {ipv6}, true},
        {"hairpin4", {ipv4, ipv4}, {}, true},
        {"hairpin6", {ipv6, ipv6}, {}, true},
        {"sealed", {service, raw_vni}, {}},
        {"tunnels", {service, raw_vni}, {}},
        {"peers4", {ipv4, service, raw_vni}, {}},
        {"peers6", {ipv6, service, raw_vni}, {}},
        {"guarded4", {interface}, {}},
        {"guarded6", {interface}, {}},
        {"foreign4", {interface}, {}},
        {"foreign6", {interface}, {}},
        {"bridged4", {interface, interface}, {}},
        {"bridged6", {interface, interface}, {}},
        {"any4", {protocol, service}, {ipv4, service}},
        {"any6", {protocol, service}, {ipv6, service}},
        {"addr4", {ipv4, protocol, service}, {ipv4, service}},
        {"addr6", {ipv6, protocol, service}, {ipv6, service}},
        {"range4", {protocol, service}, {ipv4}, true},
        {"range6", {protocol, service}, {ipv6}, true},
        {"arange4", {ipv4, protocol, service}, {ipv4}, true},
        {"arange6", {ipv6, protocol, service}, {ipv6}, true},
        {"lone", {interface}, {}, false, Family::bridge},
        {"gateways", {interface, mac}, {}, false, Family::bridge},
        {"checked", {interface}, {}, false, Family::bridge},
        {"macs", {interface, mac}, {}, false, Family::bridge},
        {"source4", {interface, mac, ipv4}, {}, false, Family::bridge},
        {"source6", {interface, mac, ipv6}, {}, false, Family::bridge},
        {"targets", {interface, mac, raw_ipv6}, {}, false, Family::bridge},
        {"lladdrs", {interface, raw_mac}, {}, false, Family::bridge},
    };
    return all;
}

const SetType& type_of(const std::string& set) {
    for (const auto& type : types()) {
        if (set == type.name) {
            return type;
        }
    }
    throw Error("the policy has no set " + set);
}

const char* name_of(Field field) {
    switch (field) {
    case Field::interface: return "ifname";
    case Field::ipv4: return "ipv4_addr";
    case Field::ipv6: return "ipv6_addr";
    case Field::raw_ipv6: return "@th,64,128";
    case Field::mac: return "ether_addr";
    case Field::raw_mac: return "@th,208,48";
    case Field::protocol: return "inet_proto";
    case Field::raw_vni: return "@th,96,24";
    case Field::service: break;
    }
    return "inet_service";
}

std::string names_of(const std::vector<Field>& fields) {
    std::vector<std::string> names;
    names.reserve(fields.size());
    for (const auto field : fields) {
        names.emplace_back(name_of(field));
    }
    return join(names, " . ");
}

using Bytes = std::vector<char>;

// A concatenation pads every field to a multiple of four bytes.
void append(Bytes& bytes, const void* data, std::size_t size) {
    const auto* begin = static_cast<const char*>(data);
    bytes.insert(bytes.end(), begin, begin + size);
    bytes.resize((bytes.size() + 3) / 4 * 4);
}

void append_port(Bytes& bytes, std::string_view text) {
    const auto port = parse_number(text, 1, 65535);
    if (!port) {
        throw Error("\"" + std::string(text) + "\" is not a port");
    }
    const std::uint16_t wire = htons(std::uint16_t(*port));
    append(bytes, &wire, sizeof wire);
}

// RFC 7348, section 5: three bytes of VXLAN's header.
void append_vni(Bytes& bytes, const std::string& text) {
    const auto vni = parse_number(text, 1, (1U << 24) - 1);
    if (!vni) {
        throw Error("\"" + text + "\" is not a VXLAN network identifier");
    }
    const std::uint32_t wire = htonl(std::uint32_t(*vni) << 8);
    append(bytes, &wire, 3);
}

void append_interface(Bytes& bytes, const std::string& text) {
    char name[IFNAMSIZ] = {};
    text.copy(name, sizeof name - 1);
    append(bytes, name, sizeof name);
}

void append_protocol(Bytes& bytes, const std::string& text) {
    const std::uint8_t protocol = text == "tcp"    ? IPPROTO_TCP
                                  : text == "udp"  ? IPPROTO_UDP
                                  : text == "sctp" ? IPPROTO_SCTP
                                                   : 0;
    if (protocol == 0) {
        throw Error("\"" + text + "\" is not a protocol");
    }
    append(bytes, &protocol, sizeof protocol);
}

void append_mac(Bytes& bytes, const std::string& text) {
    const auto mac = Mac::parse(text);
    if (!mac) {
        throw Error("\"" + text + "\" is not a MAC address");
    }
    append(bytes, mac->bytes.data(), mac->bytes.size());
}

void append_address(Bytes& first, Bytes& last, const std::string& word, bool wants_v4) {
    const auto address = IpAddress::parse(word);
    const auto prefix = address ? Prefix{*address, address->bits()} : Prefix::parse(word);
    if (!prefix || prefix->address.is_v4() != wants_v4) {
        throw Error("\"" + word + "\" is not an " + (wants_v4 ? "IPv4" : "IPv6") + " address");
    }
    append(first, prefix->network().data(), prefix->address.size());
    append(last, prefix->last().data(), prefix->address.size());
}

// One word's first and last value; they differ for 10.1.0.0/16 and 9000-9010.
void append_word(Bytes& first, Bytes& last, Field field, const std::string& word) {
    switch (field) {
    case Field::interface:
        append_interface(first, word);
        append_interface(last, word);
        break;
    case Field::protocol:
        append_protocol(first, word);
        append_protocol(last, word);
        break;
    case Field::mac:
    case Field::raw_mac:
        append_mac(first, word);
        append_mac(last, word);
        break;
    case Field::raw_vni:
        append_vni(first, word);
        append_vni(last, word);
        break;
    case Field::service: {
        const auto ends = split(word, '-');
        append_port(first, ends.front());
        append_port(last, ends.back());
        break;
    }
    case Field::ipv4:
    case Field::ipv6:
    case Field::raw_ipv6: append_address(first, last, word, field == Field::ipv4); break;
    }
}

void append_words(Bytes& first, Bytes& last, std::span<const Field> fields,
                  std::span<const std::string> words, const std::string& set) {
    if (fields.size() != words.size()) {
        throw Error("an element of set " + set + " has " + std::to_string(words.size()) +
                    " fields instead of " + std::to_string(fields.size()));
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
        append_word(first, last, fields[i], words[i]);
    }
}

// The key plus one, as a big-endian number.
Bytes successor(Bytes key) {
    for (char& byte : std::views::reverse(key)) {
        byte = char(std::uint8_t(byte) + 1);
        if (byte != 0) {
            break;
        }
    }
    return key;
}

} // namespace

Encoded encode(const Element& element) {
    const SetType& type = type_of(element.set);
    Encoded encoded;
    Bytes last;
    append_words(encoded.key, last, type.key, element.key, element.set);
    if (!type.interval && encoded.key != last) {
        throw Error("set " + element.set + " takes no intervals");
    }
    if (type.interval && type.key.size() > 1) {
        encoded.key_end = last;
    } else if (type.interval) {
        encoded.next_key = successor(last);
    }
    if (!element.value.empty()) {
        Bytes ignored;
        append_words(encoded.value, ignored, type.value, element.value, element.set);
    }
    return encoded;
}

namespace {

// 0x020c0a5a0005
std::string hexadecimal(std::span<const std::uint8_t> bytes) {
    std::string text = "0x";
    for (const auto byte : bytes) {
        constexpr std::string_view digits = "0123456789abcdef";
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::string quoted(Field field, const std::string& word) {
    switch (field) {
    case Field::interface: return "\"" + word + "\"";
    case Field::raw_mac: return hexadecimal(Mac::parse(word).value_or(Mac()).bytes);
    case Field::raw_ipv6: {
        const auto address = IpAddress::parse(word).value_or(IpAddress::any(AF_INET6));
        return hexadecimal({address.data(), address.size()});
    }
    default: return word;
    }
}

} // namespace

std::vector<std::string> quoted_key(const Element& element) {
    const SetType& type = type_of(element.set);
    std::vector<std::string> words = element.key;
    for (std::size_t i = 0; i < words.size() && i < type.key.size(); ++i) {
        words[i] = quoted(type.key[i], words[i]);
    }
    return words;
}

Family family_of(const Element& element) {
    return type_of(element.set).family;
}

std::vector<std::pair<std::string, std::string>> set_types() {
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto& type : types()) {
        all.emplace_back(type.name, names_of(type.key) +
                                        (type.value.empty() ? "" : " : " + names_of(type.value)));
    }
    return all;
}

} // namespace ocinet::nft
