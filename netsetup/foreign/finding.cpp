// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/foreign/finding.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "netsetup/base/file.h"
#include "netsetup/base/text.h"
#include "netsetup/foreign/iptables_legacy.h"
#include "netsetup/foreign/nft_reader.h"
#include "netsetup/link.h"
#include "netsetup/routes.h"

namespace ocinet::foreign {

namespace {

// Of published ports that a firewall treats differently; more are not asked about one by one.
constexpr std::size_t most_ports = 64;

constexpr const char* docker_chain = "DOCKER-USER";

// --- whose it is

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

// --- what would let it through

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

// --- in words

// Others name their chains in any bytes; what we say of them becomes JSON, which is UTF-8.
std::string plain(std::string name) {
    std::ranges::replace_if(name, [](unsigned char c) { return c < ' ' || c > '~'; }, '?');
    return name;
}

std::string words_of(const Drop& drop) {
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

// --- the host

std::map<int, Interface> find_uplinks(netlink::Socket& socket) {
    std::map<int, Interface> uplinks;
    for (const int family : {AF_INET, AF_INET6}) {
        const auto index = route::default_route_link(socket, family);
        const auto found = index ? link::find(socket, *index) : std::nullopt;
        if (found) {
            uplinks[family] = {found->name, std::uint32_t(found->index)};
        }
    }
    return uplinks;
}

Surroundings look_around(netlink::Socket& route, const Plan& plan) {
    Surroundings found{.uplinks = find_uplinks(route)};
    const std::string setting = "/proc/sys/net/bridge/bridge-nf-call-";
    if (read_setting(AT_FDCWD, setting + "iptables") == "1") {
        found.filtered_on_bridges.push_back(AF_INET);
    }
    if (read_setting(AT_FDCWD, setting + "ip6tables") == "1") {
        found.filtered_on_bridges.push_back(AF_INET6);
    }
    for (const auto& step : plan.shared) {
        if (const auto* bridge = std::get_if<ops::EnsureBridge>(&step.operation)) {
            if (const auto there = link::find(route, bridge->name)) {
                found.indexes[bridge->name] = std::uint32_t(there->index);
            }
        }
    }
    return found;
}

// --- asking

// Of one network.
class Search {
public:
    Search(const std::vector<Table>& tables, const Questions& asked, Budget& budget)
        : tables_(tables), asked_(asked), budget_(budget) {}

    std::vector<Finding> findings() {
        for (const auto& question : asked_.always) {
            ask(question);
        }
        bool ports_may_differ = false;
        for (const auto& question : asked_.any_port) {
            ports_may_differ = ask(question) == Match::maybe || ports_may_differ;
        }
        for (std::size_t i = 0; ports_may_differ && i < asked_.ports.size() && i < most_ports;
             ++i) {
            ask(asked_.ports[i]);
        }
        return std::move(found_);
    }

private:
    // Whether they get through.
    Match ask(const Question& question) {
        Match passes = Match::yes;
        for (const auto& packet : question.packets) {
            const Outcome outcome = outcome_of(tables_, packet, budget_);
            const Match one = !outcome.drops.empty() ? Match::no
                              : outcome.in_doubt     ? Match::maybe
                                                     : Match::yes;
            passes = std::min(passes, one);
            for (const auto& drop : outcome.drops) {
                const Owner owner = owner_of(drop, packet);
                merge(found_,
                      {{.network = asked_.network,
                        .bridge = asked_.bridge,
                        .owner = owner,
                        .rule = words_of(drop),
                        .stopped = {question.what},
                        .remedies = remedies_for(owner, drop, asked_.bridge, packet.hook)}});
            }
        }
        return passes;
    }

    const std::vector<Table>& tables_;
    const Questions& asked_;
    Budget& budget_;
    std::vector<Finding> found_;
};

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

std::string text_of(const Finding& finding) {
    std::vector<std::string> commands;
    for (const auto& remedy : finding.remedies) {
        commands.push_back(text_of(remedy.allow));
    }
    return "network \"" + finding.network + "\": " + name_of(finding.owner) + " stops its " +
           join(finding.stopped, ", ") + ": " + finding.rule +
           "; to allow it: " + join(commands, " && ");
}

Others::Others(netlink::Socket& netfilter, netlink::Socket& route)
    : tables_(read_nft(netfilter)), route_(route) {
    for (auto& table : read_iptables_legacy()) {
        tables_.push_back(std::move(table));
    }
}

std::vector<Finding> Others::stopping(const Plan& plan) const {
    std::vector<Finding> findings;
    if (tables_.empty()) {
        return findings;
    }
    Budget budget;
    for (const auto& asked : questions_of(plan, look_around(route_, plan))) {
        merge(findings, Search(tables_, asked, budget).findings());
    }
    return findings;
}

void merge(std::vector<Finding>& findings, std::vector<Finding> more) {
    for (auto& finding : more) {
        const auto same = std::find_if(findings.begin(), findings.end(), [&](const Finding& other) {
            return other.network == finding.network && other.rule == finding.rule;
        });
        if (same == findings.end()) {
            findings.push_back(std::move(finding));
            continue;
        }
        for (auto& what : finding.stopped) {
            if (std::find(same->stopped.begin(), same->stopped.end(), what) ==
                same->stopped.end()) {
                same->stopped.push_back(std::move(what));
            }
        }
    }
}

} // namespace ocinet::foreign
