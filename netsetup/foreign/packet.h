// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "netsetup/base/address.h"

/// What the firewalls of others do to a packet of ours: their rules are read, never changed, and
/// asked about a packet of which not all is known.
namespace ocinet::foreign {

/// Whether something holds, as far as one can tell. Ordered: the least of several is whether all of
/// them hold.
enum class Match { no, maybe, yes };

constexpr Match negated(Match match) {
    return match == Match::maybe ? Match::maybe : match == Match::yes ? Match::no : Match::yes;
}

constexpr Match match_if(bool holds) {
    return holds ? Match::yes : Match::no;
}

/// Where the rules of a chain see packets; numbered as the kernel does (enum nf_inet_hooks).
enum class Hook { prerouting = 0, input = 1, forward = 2 };

struct Interface {
    /// Empty: there is none, as on the way out of a packet to the host itself.
    std::string name;
    /// 0: none, as above; nothing: not known.
    std::optional<std::uint32_t> index;
};

/// A packet at one of the hooks. What is not known is nothing, and may be anything.
struct Packet {
    Hook hook = Hook::forward;
    /// AF_INET, AF_INET6
    int family = 0;
    std::optional<Interface> in;
    std::optional<Interface> out;
    std::optional<IpAddress> source;
    std::optional<IpAddress> destination;
    /// IPPROTO_TCP, …
    std::optional<std::uint8_t> protocol;
    /// Of the destination.
    std::optional<std::uint16_t> port;

    /// As connection tracking sees it; nothing where it has not looked yet.
    struct Connection {
        /// Not the first packet of its connection.
        bool established = false;
        /// Comes from where the connection was opened to.
        bool reply = false;
        /// The destination was translated.
        bool dnat = false;
    };
    std::optional<Connection> connection;
};

} // namespace ocinet::foreign
