// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/foreign/owner.h"

#include <algorithm>
#include <array>

#include "netsetup/base/text.h"

namespace ocinet::foreign {

namespace {

constexpr const char* docker_chain = "DOCKER-USER";

// Of iptables, of either kind: its base chains are named in capitals.
bool is_iptables(const Drop& drop) {
    constexpr std::array names{"filter", "mangle", "raw", "security"};
    constexpr std::array chains{"PREROUTING", "INPUT", "FORWARD"};
    return drop.table->family != "inet" &&
           std::find(names.begin(), names.end(), drop.table->name) != names.end() &&
           std::find(chains.begin(), chains.end(), drop.base) != chains.end();
}

// Docker leaves a chain to others, which it calls before its own rules: what is accepted there does
// not come to what drops it.
bool comes_by_docker_chain(const Drop& drop, const Packet& packet) {
    const auto& rules = drop.table->chains.at(drop.base).rules;
    for (std::size_t i = 0; i < rules.size() && i < drop.passed; ++i) {
        const Judged judged = rules[i].judge(packet);
        if (judged.match == Match::yes && judged.target == docker_chain) {
            return true;
        }
    }
    return false;
}

std::string iptables_of(const Table& table) {
    return std::string(table.family == "ip6" ? "ip6tables" : "iptables") +
           (table.keeper == Keeper::iptables_legacy ? "-legacy" : "-nft");
}

Command command(Command head, const Command& tail) {
    head.insert(head.end(), tail.begin(), tail.end());
    return head;
}

// What comes from our bridges is anybody's business, what goes to them only as far as it answers
// or was published: the rule outlives our own, which would stop the rest.
std::vector<Remedy> iptables_remedies(const Table& table, const std::string& chain,
                                      const std::string& bridge, bool forward, bool is_ours) {
    std::vector<Command> rules{{"-i", bridge, "-j", "ACCEPT"}};
    if (forward) {
        rules.push_back({"-o", bridge, "-m", "conntrack", "--ctstate", "DNAT,RELATED,ESTABLISHED",
                         "-j", "ACCEPT"});
    }
    std::vector<Remedy> remedies;
    for (const auto& rule : rules) {
        const auto with = [&](const char* verb) {
            Command words{iptables_of(table)};
            if (table.name != "filter") {
                words.insert(words.end(), {"-t", table.name});
            }
            words.insert(words.end(), {verb, chain});
            return command(std::move(words), rule);
        };
        remedies.push_back({.allow = with("-I")});
        if (is_ours) {
            remedies.back().undo = with("-D");
            remedies.back().check = with("-C");
        }
    }
    return remedies;
}

// A reload brings back what is permanent, and nothing else.
std::vector<Remedy> firewalld_remedies(const std::string& bridge) {
    std::vector<Remedy> remedies;
    for (const bool permanent : {false, true}) {
        const auto with = [&](const std::string& verb) {
            Command words{"firewall-cmd"};
            if (permanent) {
                words.emplace_back("--permanent");
            }
            words.emplace_back("--zone=ocinet");
            words.push_back("--" + verb + "-interface=" + bridge);
            return words;
        };
        remedies.push_back({.allow = with("add"), .undo = with("remove"), .check = with("query")});
    }
    return remedies;
}

std::vector<Remedy> nft_remedies(const Drop& drop, const std::string& bridge, bool forward) {
    const Command head{"nft", "insert", "rule", drop.table->family, drop.table->name, drop.base};
    const std::string quoted = "\"" + bridge + "\"";
    std::vector<Remedy> remedies{{.allow = command(head, {"iifname", quoted, "accept"})}};
    if (forward) {
        remedies.push_back({.allow = command(head, {"oifname", quoted, "ct", "state",
                                                    "established,related", "accept"})});
        remedies.push_back(
            {.allow = command(head, {"oifname", quoted, "ct", "status", "dnat", "accept"})});
    }
    return remedies;
}

// Others name their chains in any bytes; what we say of them becomes JSON, which is UTF-8.
std::string plain(std::string name) {
    std::ranges::replace_if(name, [](unsigned char c) { return c < ' ' || c > '~'; }, '?');
    return name;
}

} // namespace

std::string text_of(const Command& command) {
    std::vector<std::string> words;
    for (const auto& word : command) {
        words.push_back(shell_word(plain(word)));
    }
    return join(words, " ");
}

const char* name_of(Owner owner) {
    switch (owner) {
    case Owner::docker: return "Docker";
    case Owner::firewalld: return "firewalld";
    case Owner::ufw: return "ufw";
    case Owner::iptables: return "iptables";
    case Owner::nftables: break;
    }
    return "nftables";
}

Owner owner_of(const Drop& drop, const Packet& packet) {
    if (drop.table->name == "firewalld") {
        return Owner::firewalld;
    }
    if (!is_iptables(drop)) {
        return Owner::nftables;
    }
    if (drop.base == "FORWARD" && comes_by_docker_chain(drop, packet)) {
        return Owner::docker;
    }
    const auto& chains = drop.table->chains;
    const std::string way = drop.base == "INPUT" ? "input" : "forward";
    return chains.contains("ufw-user-" + way) || chains.contains("ufw6-user-" + way)
               ? Owner::ufw
               : Owner::iptables;
}

std::vector<Remedy> remedies_for(Owner owner, const Drop& drop, const std::string& bridge,
                                 Hook hook) {
    const bool forward = hook == Hook::forward;
    switch (owner) {
    case Owner::docker: return iptables_remedies(*drop.table, docker_chain, bridge, true, true);
    case Owner::firewalld: return firewalld_remedies(bridge);
    case Owner::ufw:
        if (!forward) {
            return {{.allow = {"ufw", "allow", "in", "on", bridge}}};
        }
        return {{.allow = {"ufw", "route", "allow", "in", "on", bridge}},
                {.allow = {"ufw", "route", "allow", "out", "on", bridge}}};
    case Owner::iptables: return iptables_remedies(*drop.table, drop.base, bridge, forward, false);
    case Owner::nftables: break;
    }
    return nft_remedies(drop, bridge, forward);
}

std::string text_of(const Drop& drop) {
    const Table& table = *drop.table;
    const bool is_legacy = table.keeper == Keeper::iptables_legacy;
    const std::string place = plain("chain " + drop.chain + " of table " +
                                    (is_legacy ? table.name + " (" + iptables_of(table) + ")"
                                               : table.family + " " + table.name));
    if (!drop.number) {
        return place + " has policy drop";
    }
    return (is_legacy ? "rule " : "the rule with handle ") + std::to_string(*drop.number) + " of " +
           place;
}

} // namespace ocinet::foreign
