// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/foreign/xt.h"

#include <arpa/inet.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_state.h>
#include <linux/netfilter/xt_tcpudp.h>

#include <algorithm>
#include <array>

namespace ocinet::foreign {

namespace {

// The struct at the beginning of the data: the kernel hands out more, for its alignment.
template <typename Struct>
std::optional<Struct> read(std::string_view data) {
    Struct result;
    if (data.size() < sizeof result) {
        return std::nullopt;
    }
    data.copy(reinterpret_cast<char*>(&result), sizeof result);
    return result;
}

// Revisions 2 and 3 are alike up to what is read here; 1 has a narrower mask of states.
constexpr unsigned least_conntrack_revision = 2;
constexpr unsigned known_conntrack_flags = XT_CONNTRACK_STATE | XT_CONNTRACK_STATE_ALIAS;

Match judge_conntrack(const xt_conntrack_mtinfo3& info, const Packet& packet) {
    if ((info.match_flags & ~known_conntrack_flags) != 0 || !packet.connection) {
        return Match::maybe;
    }
    if ((info.match_flags & XT_CONNTRACK_STATE) == 0) {
        return Match::yes;
    }
    const auto& connection = *packet.connection;
    const unsigned state =
        XT_CONNTRACK_STATE_BIT(connection.established ? IP_CT_ESTABLISHED : IP_CT_NEW) |
        (connection.dnat ? XT_CONNTRACK_STATE_DNAT : 0);
    const bool inverted = (info.invert_flags & XT_CONNTRACK_STATE) != 0;
    if ((info.state_mask & state) != 0) {
        return match_if(!inverted);
    }
    // Whether the source is to be translated, too, is not known.
    return (info.state_mask & XT_CONNTRACK_STATE_SNAT) != 0 ? Match::maybe : match_if(inverted);
}

Match judge_state(const xt_state_info& info, const Packet& packet) {
    if (!packet.connection) {
        return Match::maybe;
    }
    return match_if(
        (info.statemask &
         XT_STATE_BIT(packet.connection->established ? IP_CT_ESTABLISHED : IP_CT_NEW)) != 0);
}

Match judge_ports(const std::uint16_t (&ports)[2], bool inverted, const Packet& packet) {
    const bool all = ports[0] == 0 && ports[1] == UINT16_MAX;
    if (all || !packet.port) {
        return all ? match_if(!inverted) : Match::maybe;
    }
    return match_if((*packet.port >= ports[0] && *packet.port <= ports[1]) != inverted);
}

// Of tcp and udp; whatever else they ask about is not known.
template <typename Info>
Match judge_port_match(const Info& info, unsigned source_bit, unsigned destination_bit,
                       const Packet& packet) {
    const auto ports = judge_ports(info.dpts, (info.invflags & destination_bit) != 0, packet);
    const bool asks_more = info.spts[0] != 0 || info.spts[1] != UINT16_MAX ||
                           (info.invflags & ~destination_bit) != 0 ||
                           (info.invflags & source_bit) != 0;
    return asks_more ? std::min(ports, Match::maybe) : ports;
}

Match judge_tcp(const xt_tcp& info, const Packet& packet) {
    const auto ports = judge_port_match(info, XT_TCP_INV_SRCPT, XT_TCP_INV_DSTPT, packet);
    return info.flg_mask != 0 || info.option != 0 ? std::min(ports, Match::maybe) : ports;
}

Match judge_udp(const xt_udp& info, const Packet& packet) {
    return judge_port_match(info, XT_UDP_INV_SRCPT, XT_UDP_INV_DSTPT, packet);
}

template <typename Struct, typename Judge>
Match judge_as(std::string_view data, const Packet& packet, Judge judge) {
    const auto info = read<Struct>(data);
    return info ? judge(*info, packet) : Match::maybe;
}

// They change or note something, and the packet goes on.
constexpr std::array passing_targets{"LOG",     "NFLOG",    "MARK",    "CONNMARK", "CONNSECMARK",
                                     "SECMARK", "TCPMSS",   "TOS",     "DSCP",     "TTL",
                                     "HL",      "CT",       "NOTRACK", "TRACE",    "AUDIT",
                                     "SET",     "CHECKSUM", "ECN",     "CLASSIFY", "RATEEST"};

} // namespace

Match judge_xt_match(std::string_view name, unsigned revision, std::string_view data,
                     const Packet& packet) {
    if (name == "comment") {
        return Match::yes;
    }
    if (name == "conntrack" && revision >= least_conntrack_revision) {
        return judge_as<xt_conntrack_mtinfo3>(data, packet, judge_conntrack);
    }
    if (name == "state") {
        return judge_as<xt_state_info>(data, packet, judge_state);
    }
    if (name == "tcp") {
        return judge_as<xt_tcp>(data, packet, judge_tcp);
    }
    if (name == "udp") {
        return judge_as<xt_udp>(data, packet, judge_udp);
    }
    return Match::maybe;
}

Verdict judge_xt_target(std::string_view name) {
    if (name == "REJECT") {
        return Verdict::drop;
    }
    return std::find(passing_targets.begin(), passing_targets.end(), name) != passing_targets.end()
               ? Verdict::none
               : Verdict::any;
}

} // namespace ocinet::foreign
