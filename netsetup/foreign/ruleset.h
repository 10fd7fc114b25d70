// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "netsetup/foreign/packet.h"

/// Tables of rules, whoever's program made them and however the kernel keeps them, and the way of a
/// packet through them.
namespace ocinet::foreign {

enum class Verdict {
    /// To the next rule.
    none,
    accept,
    drop,
    jump,
    go_to,
    come_back,
    /// Not known: any of the above.
    any,
};

struct Judged {
    Match match = Match::yes;
    Verdict verdict = Verdict::none;
    /// The chain of a jump.
    std::string target;
};

struct Rule {
    /// By which a person finds it: nft's handle, or iptables' line number.
    std::uint64_t number = 0;
    std::function<Judged(const Packet&)> judge;
};

struct Chain {
    std::vector<Rule> rules;

    /// Of a chain that the kernel calls by itself.
    struct Base {
        Hook hook = Hook::forward;
        bool drops = false;
    };
    std::optional<Base> base;
};

enum class Keeper { nft, iptables_legacy };

struct Table {
    Keeper keeper = Keeper::nft;
    /// As nft names it: ip, ip6, inet.
    std::string family;
    std::string name;
    std::map<std::string, Chain> chains;
};

/// Why a packet does not get through: certain, and what the last of it meets.
struct Drop {
    const Table* table = nullptr;
    /// The base chain's.
    std::string base;
    std::string chain;
    /// Of the rule; nothing: it is the policy of the base chain.
    std::optional<std::uint64_t> number;
    /// How many rules of the base chain the packet comes by before.
    std::size_t passed = 0;
};

struct Outcome {
    /// What drops the packet for certain, in each base chain by itself: one that accepts leaves it
    /// to the others.
    std::vector<Drop> drops;
    /// Something drops it, or may.
    bool in_doubt = false;
};

/// How many rules may still be looked at: others wait for the locks meanwhile, and what is not
/// known by then is not said.
struct Budget {
    int rules = 20000;
};

Outcome outcome_of(const std::vector<Table>& tables, const Packet& packet, Budget& budget);

} // namespace ocinet::foreign
