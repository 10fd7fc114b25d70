// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/foreign/nft_rule.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "netsetup/attributes.h"
#include "netsetup/foreign/xt.h"

namespace ocinet::foreign {

namespace {

using netlink::bytes_of;
using netlink::nested;

std::uint32_t big_endian(const nlattr* attribute) {
    return ntohl(netlink::u32_of(attribute));
}

Bits bits_of(std::string_view bytes) {
    return {.value = {bytes.begin(), bytes.end()},
            .known = std::vector<std::uint8_t>(bytes.size(), UINT8_MAX)};
}

Bits unknown_bits(std::size_t size) {
    return {.value = std::vector<std::uint8_t>(size), .known = std::vector<std::uint8_t>(size)};
}

template <typename Number>
Bits bits_of_number(Number number) {
    return bits_of({reinterpret_cast<const char*>(&number), sizeof number});
}

void put(Bits& bits, std::size_t offset, const Bits& part) {
    std::copy(part.value.begin(), part.value.end(), bits.value.begin() + std::ptrdiff_t(offset));
    std::copy(part.known.begin(), part.known.end(), bits.known.begin() + std::ptrdiff_t(offset));
}

// Twenty of four bytes; the older way to name them is five of sixteen, the first of which is the
// verdict's.
class Registers {
public:
    Bits read(std::uint32_t number, std::size_t size) const {
        Bits bits = unknown_bits(size);
        const std::size_t start = start_of(number);
        for (std::size_t i = 0; i < size && start + i < all_.value.size(); ++i) {
            bits.value[i] = all_.value[start + i];
            bits.known[i] = all_.known[start + i];
        }
        return bits;
    }

    // Fills up the last of four bytes with zeros, as the kernel does.
    void write(std::uint32_t number, Bits bits) {
        const std::size_t padded = (bits.value.size() + 3) / 4 * 4;
        bits.value.resize(padded, 0);
        bits.known.resize(padded, UINT8_MAX);
        const std::size_t start = start_of(number);
        if (start + padded <= all_.value.size()) {
            put(all_, start, bits);
        }
    }

    void forget() { all_ = unknown_bits(all_.value.size()); }

private:
    static std::size_t start_of(std::uint32_t number) {
        return number >= NFT_REG32_00 ? (number - NFT_REG32_00) * 4 : (number - NFT_REG_1) * 16;
    }

    Bits all_ = unknown_bits(std::size_t(NFT_REG32_15 - NFT_REG32_00 + 1) * 4);
};

Match judge_equal(const Bits& bits, std::string_view wanted) {
    Match match = Match::yes;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (((bits.value[i] ^ std::uint8_t(wanted[i])) & bits.known[i]) != 0) {
            return Match::no;
        }
        match = bits.known[i] == UINT8_MAX ? match : Match::maybe;
    }
    return match;
}

int order(const Bits& bits, std::string_view other) {
    return std::memcmp(bits.value.data(), other.data(), other.size());
}

// --- what the packet holds

Bits name_bits(const std::optional<Interface>& interface) {
    if (!interface) {
        return unknown_bits(IFNAMSIZ);
    }
    std::string padded = interface->name;
    padded.resize(IFNAMSIZ, '\0');
    return bits_of(padded);
}

Bits index_bits(const std::optional<Interface>& interface) {
    return interface && interface->index ? bits_of_number(*interface->index) : unknown_bits(4);
}

template <typename Number>
Bits known_or_not(const std::optional<Number>& number) {
    return number ? bits_of_number(*number) : unknown_bits(sizeof(Number));
}

Bits meta_bits(std::uint32_t key, const Packet& packet) {
    const bool is_v4 = packet.family == AF_INET;
    switch (key) {
    case NFT_META_IIFNAME: return name_bits(packet.in);
    case NFT_META_OIFNAME: return name_bits(packet.out);
    case NFT_META_IIF: return index_bits(packet.in);
    case NFT_META_OIF: return index_bits(packet.out);
    case NFT_META_L4PROTO: return known_or_not(packet.protocol);
    case NFT_META_NFPROTO: return bits_of_number(std::uint8_t(is_v4 ? NFPROTO_IPV4 : NFPROTO_IPV6));
    case NFT_META_PROTOCOL: return bits_of_number(htons(is_v4 ? ETH_P_IP : ETH_P_IPV6));
    default: return unknown_bits(IFNAMSIZ);
    }
}

// Of the status it is known whether the destination was translated, and nothing else.
Bits connection_bits(std::uint32_t key, const Packet& packet) {
    if (!packet.connection) {
        return unknown_bits(16);
    }
    const auto& connection = *packet.connection;
    switch (key) {
    case NFT_CT_STATE:
        return bits_of_number(
            std::uint32_t(NF_CT_STATE_BIT(connection.established ? IP_CT_ESTABLISHED : IP_CT_NEW)));
    case NFT_CT_STATUS: {
        Bits bits = unknown_bits(4);
        put(bits, 0, bits_of_number(std::uint32_t(connection.dnat ? IPS_DST_NAT : 0)));
        put(bits, 0,
            {.value = bits.value, .known = bits_of_number(std::uint32_t(IPS_DST_NAT)).value});
        return bits;
    }
    case NFT_CT_DIRECTION:
        return bits_of_number(
            std::uint8_t(connection.reply ? IP_CT_DIR_REPLY : IP_CT_DIR_ORIGINAL));
    default: return unknown_bits(16);
    }
}

void put_address(Bits& header, std::size_t offset, const std::optional<IpAddress>& address) {
    if (address) {
        put(header, offset,
            bits_of({reinterpret_cast<const char*>(address->data()), address->size()}));
    }
}

// RFC 791 and RFC 8200, without options; an extension header may stand before what is known.
Bits network_header(const Packet& packet) {
    const bool is_v4 = packet.family == AF_INET;
    Bits header = unknown_bits(is_v4 ? 20 : 40);
    put_address(header, is_v4 ? 12 : 8, packet.source);
    put_address(header, is_v4 ? 16 : 24, packet.destination);
    put(header, is_v4 ? 9 : 6, known_or_not(packet.protocol));
    return header;
}

Bits transport_header(const Packet& packet) {
    Bits header = unknown_bits(4);
    if (packet.port) {
        put(header, 2, bits_of_number(htons(*packet.port)));
    }
    return header;
}

Bits payload_bits(const nlattr* data, const Packet& packet) {
    const std::size_t offset = big_endian(nested(data, NFTA_PAYLOAD_OFFSET));
    const std::size_t size = big_endian(nested(data, NFTA_PAYLOAD_LEN));
    const auto base = big_endian(nested(data, NFTA_PAYLOAD_BASE));
    Bits bits = unknown_bits(std::min<std::size_t>(size, 64));
    const Bits header = base == NFT_PAYLOAD_NETWORK_HEADER     ? network_header(packet)
                        : base == NFT_PAYLOAD_TRANSPORT_HEADER ? transport_header(packet)
                                                               : unknown_bits(0);
    for (std::size_t i = 0; i < bits.value.size() && offset + i < header.value.size(); ++i) {
        bits.value[i] = header.value[offset + i];
        bits.known[i] = header.known[offset + i];
    }
    return bits;
}

// --- the program

class Program {
public:
    Program(const Packet& packet, const Lookup& lookup) : packet_(packet), lookup_(lookup) {}

    Judged run(const nlattr* expressions) {
        Judged judged;
        for (const nlattr* expression : netlink::all_nested(expressions, NFTA_LIST_ELEM)) {
            const auto name = netlink::text_of(nested(expression, NFTA_EXPR_NAME));
            Judged step = execute(name, nested(expression, NFTA_EXPR_DATA));
            step.match = std::min(judged.match, step.match);
            judged = std::move(step);
            if (judged.match == Match::no || judged.verdict != Verdict::none) {
                break;
            }
        }
        return judged;
    }

private:
    // No verdict: the next expression is looked at if this one matches.
    Judged execute(const std::string& name, const nlattr* data) {
        if (name == "meta") {
            return load(nested(data, NFTA_META_DREG),
                        meta_bits(big_endian(nested(data, NFTA_META_KEY)), packet_));
        }
        if (name == "ct") {
            return load(nested(data, NFTA_CT_DREG),
                        connection_bits(big_endian(nested(data, NFTA_CT_KEY)), packet_));
        }
        if (name == "payload") {
            return load(nested(data, NFTA_PAYLOAD_DREG), payload_bits(data, packet_));
        }
        if (name == "cmp") {
            return {.match = compare(data)};
        }
        if (name == "range") {
            return {.match = in_range(data)};
        }
        if (name == "bitwise") {
            return mask(data);
        }
        if (name == "lookup") {
            return look_up(data);
        }
        if (name == "immediate") {
            return immediate(data);
        }
        if (name == "match") {
            return {.match = judge_xt_match(netlink::text_of(nested(data, NFTA_MATCH_NAME)),
                                            big_endian(nested(data, NFTA_MATCH_REV)),
                                            bytes_of(nested(data, NFTA_MATCH_INFO)), packet_)};
        }
        if (name == "target") {
            return {.verdict = judge_xt_target(netlink::text_of(nested(data, NFTA_TARGET_NAME)))};
        }
        // A named quota or limit ends the rule until it is reached.
        if (name == "objref" &&
            big_endian(nested(data, NFTA_OBJREF_IMM_TYPE)) == NFT_OBJECT_COUNTER) {
            return {};
        }
        return execute_other(name);
    }

    Judged execute_other(const std::string& name) {
        constexpr std::array notes{"counter", "log", "notrack", "last", "dup"};
        constexpr std::array ways{"queue", "masq", "nat", "redir", "tproxy", "fwd", "synproxy"};
        if (std::find(notes.begin(), notes.end(), name) != notes.end()) {
            return {};
        }
        if (name == "reject") {
            return {.verdict = Verdict::drop};
        }
        if (std::find(ways.begin(), ways.end(), name) != ways.end()) {
            return {.verdict = Verdict::any};
        }
        // A limit, a look at something else of the packet, or what a later kernel has.
        registers_.forget();
        return {.match = Match::maybe};
    }

    // One that has no destination sets something of the packet's.
    Judged load(const nlattr* destination, Bits bits) {
        if (destination) {
            registers_.write(big_endian(destination), std::move(bits));
        }
        return {};
    }

    Match compare(const nlattr* data) const {
        const auto wanted = bytes_of(nested(nested(data, NFTA_CMP_DATA), NFTA_DATA_VALUE));
        const Bits bits = registers_.read(big_endian(nested(data, NFTA_CMP_SREG)), wanted.size());
        const auto operation = big_endian(nested(data, NFTA_CMP_OP));
        if (operation == NFT_CMP_EQ || operation == NFT_CMP_NEQ) {
            const Match equal = judge_equal(bits, wanted);
            return operation == NFT_CMP_EQ ? equal : negated(equal);
        }
        if (!bits.all_known()) {
            return Match::maybe;
        }
        const int difference = order(bits, wanted);
        switch (operation) {
        case NFT_CMP_LT: return match_if(difference < 0);
        case NFT_CMP_LTE: return match_if(difference <= 0);
        case NFT_CMP_GT: return match_if(difference > 0);
        case NFT_CMP_GTE: return match_if(difference >= 0);
        default: return Match::maybe;
        }
    }

    Match in_range(const nlattr* data) const {
        const auto from = bytes_of(nested(nested(data, NFTA_RANGE_FROM_DATA), NFTA_DATA_VALUE));
        const auto to = bytes_of(nested(nested(data, NFTA_RANGE_TO_DATA), NFTA_DATA_VALUE));
        const Bits bits = registers_.read(big_endian(nested(data, NFTA_RANGE_SREG)),
                                          std::min(from.size(), to.size()));
        if (!bits.all_known()) {
            return Match::maybe;
        }
        const bool inside = order(bits, from.substr(0, bits.value.size())) >= 0 &&
                            order(bits, to.substr(0, bits.value.size())) <= 0;
        return match_if(inside == (big_endian(nested(data, NFTA_RANGE_OP)) == NFT_RANGE_EQ));
    }

    Judged mask(const nlattr* data) {
        const auto mask = bytes_of(nested(nested(data, NFTA_BITWISE_MASK), NFTA_DATA_VALUE));
        const auto toggled = bytes_of(nested(nested(data, NFTA_BITWISE_XOR), NFTA_DATA_VALUE));
        const std::size_t size = big_endian(nested(data, NFTA_BITWISE_LEN));
        if (big_endian(nested(data, NFTA_BITWISE_OP)) != NFT_BITWISE_BOOL || mask.size() < size ||
            toggled.size() < size) {
            registers_.forget(); // a shift
            return {};
        }
        Bits bits = registers_.read(big_endian(nested(data, NFTA_BITWISE_SREG)), size);
        for (std::size_t i = 0; i < size; ++i) {
            bits.value[i] = std::uint8_t((bits.value[i] & mask[i]) ^ toggled[i]);
            bits.known[i] = std::uint8_t(bits.known[i] | ~mask[i]);
        }
        registers_.write(big_endian(nested(data, NFTA_BITWISE_DREG)), std::move(bits));
        return {};
    }

    Judged look_up(const nlattr* data) {
        const auto name = netlink::text_of(nested(data, NFTA_LOOKUP_SET));
        const bool inverted = (big_endian(nested(data, NFTA_LOOKUP_FLAGS)) & NFT_LOOKUP_F_INV) != 0;
        const nlattr* destination = nested(data, NFTA_LOOKUP_DREG);
        const Found found =
            lookup_(name, registers_.read(big_endian(nested(data, NFTA_LOOKUP_SREG)), 64));
        if (!destination) {
            return {.match = inverted ? negated(found.match) : found.match};
        }
        if (big_endian(destination) == NFT_REG_VERDICT) {
            return {.match = found.match, .verdict = found.verdict, .target = found.target};
        }
        registers_.forget();
        return {.match = found.match};
    }

    Judged immediate(const nlattr* data) {
        const auto number = big_endian(nested(data, NFTA_IMMEDIATE_DREG));
        const nlattr* value = nested(data, NFTA_IMMEDIATE_DATA);
        if (number == NFT_REG_VERDICT) {
            return read_verdict(nested(value, NFTA_DATA_VERDICT));
        }
        registers_.write(number, bits_of(bytes_of(nested(value, NFTA_DATA_VALUE))));
        return {};
    }

    const Packet& packet_;
    const Lookup& lookup_;
    Registers registers_;
};

} // namespace

bool Bits::all_known() const {
    return std::all_of(known.begin(), known.end(),
                       [](std::uint8_t byte) { return byte == UINT8_MAX; });
}

Judged judge_nft_rule(const nlattr* expressions, const Packet& packet, const Lookup& lookup) {
    return Program(packet, lookup).run(expressions);
}

Judged read_verdict(const nlattr* verdict) {
    Judged judged{.target = netlink::text_of(nested(verdict, NFTA_VERDICT_CHAIN))};
    switch (std::int32_t(big_endian(nested(verdict, NFTA_VERDICT_CODE)))) {
    case NF_DROP: judged.verdict = Verdict::drop; break;
    case NF_ACCEPT: judged.verdict = Verdict::accept; break;
    case NFT_CONTINUE: break;
    case NFT_BREAK: judged.match = Match::no; break;
    case NFT_JUMP: judged.verdict = Verdict::jump; break;
    case NFT_GOTO: judged.verdict = Verdict::go_to; break;
    case NFT_RETURN: judged.verdict = Verdict::come_back; break;
    default: judged.verdict = Verdict::any; break;
    }
    return judged;
}

} // namespace ocinet::foreign
