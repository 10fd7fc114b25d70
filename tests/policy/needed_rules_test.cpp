// SPDX-License-Identifier: GPL-2.0-or-later
// No rule of the policy is there in vain, and the rows would notice if it were missing.
#include "tests/support/catch.h"

#include <sys/socket.h>

#include <numeric>

#include "netsetup/base/text.h"
#include "tests/kernel/sample.h"
#include "tests/policy/frames.h"
#include "tests/policy/rows.h"
#include "tests/policy/tunnels.h"

namespace ocinet::test {

namespace {

struct Rule {
    std::string family;
    std::string chain;
    std::string text;
    std::string handle;
};

// From nft's own listing: `chain guard { # handle 1`, `iifname … drop # handle 2`.
void append_rules(std::vector<Rule>& rules, const Host& host, const std::string& family) {
    const std::string listing = host.sh("nft -a list table " + family + " ocinet");
    std::string chain;
    for (auto line : split(listing, '\n')) {
        line = trim(line);
        const auto mark = line.rfind(" # handle ");
        if (line.starts_with("chain ")) {
            chain = line.substr(6, line.find(' ', 6) - 6);
        } else if (line == "}") {
            chain.clear();
        } else if (!chain.empty() && mark != std::string_view::npos) {
            rules.push_back({family, chain, std::string(line.substr(0, mark)),
                             std::string(line.substr(mark + 10))});
        }
    }
}

std::vector<Rule> rules_of(const Host& host) {
    std::vector<Rule> rules;
    append_rules(rules, host, "inet");
    append_rules(rules, host, "bridge");
    return rules;
}

/// Another host, by what is WireGuard elsewhere.
struct Peer {
    explicit Peer(const Layout& layout) {
        layout.host().connect(host, "wg-ocinet", "10.98.0.1/24", "10.98.0.2/24");
        host.sh("ip route add default via 10.98.0.1");
        layout.place("client").sh("ip route replace 10.98.0.0/24 via 192.0.2.1");
    }

    Host host;
};

std::string wrong_about_tunnels(const Layout& layout, const Peer& peer) {
    const Place& client = layout.place("client");
    if (tunnel_arrivals(layout.host(), client, "192.0.2.1", encrypted) != "96") {
        return "what is encrypted comes in clear";
    }
    if (tunnel_arrivals(client, layout.host(), "192.0.2.2", encrypted) != "96") {
        return "what is encrypted leaves in clear";
    }
    if (tunnel_arrivals(layout.host(), client, "192.0.2.1", guarded) != "96") {
        return "somebody else sends to a tunnel";
    }
    for (const char* address : {"198.51.100.1", "2001:db8:2::1"}) {
        if (tunnel_arrivals(layout.host(), layout.place("other"), address, guarded) != "98 96") {
            return "another host does not get through to a tunnel";
        }
    }
    if (is_forwarded(peer.host, client, layout.host(), "10.98.0.2")) {
        return "somebody is forwarded to the other hosts";
    }
    return is_forwarded(client, peer.host, layout.host(), "192.0.2.2")
               ? "somebody is forwarded from the other hosts"
               : "";
}

// Of containers that get through to an open one: what the rows say comes before.
std::string wrong_about_containers(const Layout& layout) {
    if (tunnel_arrivals(layout.host(), layout.place("eve"), "10.90.0.1", guarded) != "96") {
        return "a container sends to a tunnel";
    }
    const bool passes =
        tunnel_arrivals(layout.place("client"), layout.place("web1"), "192.0.2.2", guarded) != "96";
    return passes ? "a container sends to another host's tunnel in the name of this one" : "";
}

// What goes wrong without a rule, over both ways of filtering bridged frames.
std::string found_wrong(const Layout& layout, const Peer& peer, Milliseconds patience) {
    if (const auto wrong = wrong_about_tunnels(layout, peer); !wrong.empty()) {
        return wrong;
    }
    auto arrived =
        wrong_arrivals(layout.host(), "ocinet0", layout.place("eve"), layout.place("web2"));
    if (!arrived.empty()) {
        return arrived;
    }
    for (const int family : {AF_INET, AF_INET6}) {
        const auto rows = rows_of(family);
        for (const int value : {0, 1}) {
            layout.set_bridge_nf(value == 1);
            layout.forget_neighbours();
            const auto wrong = mismatches(rows, try_rows(layout, rows, patience));
            if (!wrong.empty()) {
                return wrong;
            }
        }
    }
    return wrong_about_containers(layout);
}

} // namespace

TEST_CASE("each rule of the policy is needed for some row") {
    if (const auto missing = missing_for_bridge_nf(); !missing.empty()) {
        SKIP("bridge-nf-call-iptables 1: " + missing);
    }
    const Layout layout;
    const Peer peer(layout);
    seal(layout.host());
    guard(layout.host(), {"198.51.100.2", "2001:db8:2::2", "10.90.0.13"}); // 10.90.0.13: eve
    const std::string whole = layout.host().sh("nft list table inet ocinet; "
                                               "nft list table bridge ocinet");
    const auto count = rules_of(layout.host()).size();
    CHECK(count > 30);
    std::vector<std::size_t> indexes(count);
    std::iota(indexes.begin(), indexes.end(), 0);
    for (const auto index : sampled(indexes, 20, 3)) {
        const Rule rule = rules_of(layout.host()).at(index);
        INFO("without the rule of chain " << rule.chain << ": " << rule.text);
        layout.host().sh("nft delete rule " + rule.family + " ocinet " + rule.chain + " handle " +
                         rule.handle);
        CHECK(found_wrong(layout, peer, 1s) != nothing_wrong);
        // With the flows that should not have been.
        layout.host().sh("nft -f - && conntrack -F 2>&1",
                         "delete table inet ocinet\ndelete table bridge ocinet\n" + whole);
    }
    CHECK(found_wrong(layout, peer, 5s) == nothing_wrong);
}

} // namespace ocinet::test
