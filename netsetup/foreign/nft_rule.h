// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <linux/netlink.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "netsetup/foreign/ruleset.h"

/// A rule of nf_tables is a small program on registers (include/uapi/linux/netfilter/nf_tables.h).
/// It is run with what is known of a packet: of each bit of a register it is known whether it is
/// known.
namespace ocinet::foreign {

struct Bits {
    std::vector<std::uint8_t> value;
    std::vector<std::uint8_t> known;

    bool all_known() const;
};

/// What a set or map has under a key.
struct Found {
    Match match = Match::maybe;
    /// Of a verdict map.
    Verdict verdict = Verdict::any;
    std::string target;
};

/// Answers with what the set `name` has for the register's bits, of which it knows how many it
/// takes.
using Lookup = std::function<Found(const std::string& name, const Bits& key)>;

/// `expressions`: an NFTA_RULE_EXPRESSIONS.
Judged judge_nft_rule(const nlattr* expressions, const Packet& packet, const Lookup& lookup);

/// An NFTA_DATA_VERDICT.
Judged read_verdict(const nlattr* verdict);

} // namespace ocinet::foreign
