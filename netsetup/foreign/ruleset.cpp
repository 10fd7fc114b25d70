// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/foreign/ruleset.h"

#include <sys/socket.h>

namespace ocinet::foreign {

namespace {

// The kernel's own bound (NFT_JUMP_STACK_SIZE).
constexpr int most_jumps = 16;

// All the ways that a packet may take through one base chain. They end where it is accepted or
// dropped; where all ways have the same end, it is certain.
class Walk {
public:
    Walk(const Table& table, const Packet& packet, Budget& budget)
        : table_(table), packet_(packet), budget_(budget) {}

    void from(const std::string& name, const Chain& chain, Outcome& outcome) {
        base_ = name;
        if (through(name, chain)) {
            if (chain.base->drops) {
                drop_ = drop_in(name, std::nullopt);
            } else {
                may_pass_ = true;
            }
        }
        if (drop_ && !may_pass_) {
            outcome.drops.push_back(*drop_);
        }
        outcome.in_doubt = outcome.in_doubt || drop_ || in_doubt_;
    }

private:
    Drop drop_in(const std::string& chain, std::optional<std::uint64_t> number) const {
        return {
            .table = &table_, .base = base_, .chain = chain, .number = number, .passed = passed_};
    }

    // Whether it may come out of the end of the chain.
    bool through(const std::string& name, const Chain& chain) {
        bool returns = false;
        for (std::size_t i = 0; i < chain.rules.size(); ++i) {
            if (depth_ == 0) {
                passed_ = i;
            }
            if (budget_.rules == 0) {
                return may_do_anything();
            }
            --budget_.rules;
            const Rule& rule = chain.rules[i];
            const Judged judged = rule.judge(packet_);
            if (judged.match != Match::no && !goes_on(name, rule, judged, returns)) {
                return returns;
            }
        }
        if (depth_ == 0) {
            passed_ = chain.rules.size();
        }
        return true;
    }

    // Whether it may come to the next rule.
    bool goes_on(const std::string& name, const Rule& rule, const Judged& judged, bool& returns) {
        const bool may_differ = judged.match == Match::maybe;
        switch (judged.verdict) {
        case Verdict::none: return true;
        case Verdict::any: return may_do_anything();
        case Verdict::accept: may_pass_ = true; return may_differ;
        case Verdict::drop: drop_ = drop_in(name, rule.number); return may_differ;
        case Verdict::come_back: returns = true; return may_differ;
        case Verdict::jump: return follow(judged.target) || may_differ;
        case Verdict::go_to: returns = follow(judged.target) || returns; return may_differ;
        }
        return true;
    }

    bool may_do_anything() {
        may_pass_ = true;
        in_doubt_ = true;
        return true;
    }

    bool follow(const std::string& target) {
        const auto found = table_.chains.find(target);
        if (found == table_.chains.end() || depth_ == most_jumps) {
            return may_do_anything();
        }
        ++depth_;
        const bool returns = through(target, found->second);
        --depth_;
        return returns;
    }

    const Table& table_;
    const Packet& packet_;
    Budget& budget_;
    std::string base_;
    bool may_pass_ = false;
    bool in_doubt_ = false;
    std::optional<Drop> drop_;
    std::size_t passed_ = 0;
    int depth_ = 0;
};

bool sees(const Table& table, int family) {
    return table.family == "inet" || table.family == (family == AF_INET ? "ip" : "ip6");
}

} // namespace

Outcome outcome_of(const std::vector<Table>& tables, const Packet& packet, Budget& budget) {
    Outcome outcome;
    for (const auto& table : tables) {
        if (!sees(table, packet.family)) {
            continue;
        }
        for (const auto& [name, chain] : table.chains) {
            if (chain.base && chain.base->hook == packet.hook) {
                Walk(table, packet, budget).from(name, chain, outcome);
            }
        }
    }
    return outcome;
}

} // namespace ocinet::foreign
