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

// Of the Internet, to ask for a route to; nothing is sent to them: the root name server A
// (www.iana.org/domains/root/servers).
const std::array far_away{*IpAddress::parse("198.41.0.4"),
                          *IpAddress::parse("2001:503:ba3e::2:30")};

// A VPN leaves the default route as it was and puts its own beside it, by rules (wg-quick) or as
// two halves (OpenVPN's def1). What goes out takes the new one then, and what comes in to published
// ports the old one.
std::map<int, Interface> find_uplinks(netlink::Socket& socket) {
    std::map<int, Interface> uplinks;
    for (const auto& address : far_away) {
        const int family = address.family();
        const auto index = route::default_route_link(socket, family);
        const auto found = index && index == route::link_towards(socket, address)
                               ? link::find(socket, *index)
                               : std::nullopt;
        if (found) {
            uplinks[family] = {found->name, std::uint32_t(found->index)};
        }
    }
    return uplinks;
}

Surroundings look_around(netlink::Socket& route) {
    Surroundings found{.uplinks = find_uplinks(route)};
    const std::string setting = "/proc/sys/net/bridge/bridge-nf-call-";
    if (read_setting(AT_FDCWD, setting + "iptables") == "1") {
        found.filtered_on_bridges.push_back(AF_INET);
    }
    if (read_setting(AT_FDCWD, setting + "ip6tables") == "1") {
        found.filtered_on_bridges.push_back(AF_INET6);
    }
    return found;
}

std::map<std::string, std::uint32_t> bridge_indexes(netlink::Socket& route, const Plan& plan) {
    std::map<std::string, std::uint32_t> indexes;
    for (const auto& step : plan.shared) {
        if (const auto* bridge = std::get_if<ops::EnsureBridge>(&step.operation)) {
            if (const auto there = link::find(route, bridge->name)) {
                indexes[bridge->name] = std::uint32_t(there->index);
            }
        }
    }
    return indexes;
}

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
                        .rule = text_of(drop),
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
    if (!tables_.empty()) {
        around_ = look_around(route_);
    }
}

std::vector<Finding> Others::stopping(const Plan& plan) const {
    std::vector<Finding> findings;
    if (tables_.empty()) {
        return findings;
    }
    Surroundings here = around_;
    here.indexes = bridge_indexes(route_, plan);
    Budget budget;
    for (const auto& asked : questions_of(plan, here)) {
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
