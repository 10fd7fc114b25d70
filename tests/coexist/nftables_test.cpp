// SPDX-License-Identifier: GPL-2.0-or-later
// Tables of nftables that are neither ours nor a known program's.
#include "tests/support/catch.h"

#include <set>

#include "tests/coexist/crossing.h"
#include "tests/kernel/sample.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

struct Table {
    const char* rules;
    const char* named;
    std::vector<std::string> broken;
};

// Each accepts some packet or other; those with a map say so themselves.
std::vector<std::string> accepting_rules() {
    return {R"(iifname "ocinet0")",
            R"(iifname != "ocinet0")",
            R"(iifname "ocinet*")",
            R"(oifname "lan0")",
            R"(oifname { "lan0", "lan1" })",
            R"(oifname != { "lan0", "lan1" })",
            "iif lo",
            "iif != lo",
            "oif lan0",
            "oif != lan0",
            "ip saddr 10.90.0.11",
            "ip saddr 10.90.0.0/24",
            "ip saddr != 10.90.0.0/20",
            "ip saddr { 10.90.0.1-10.90.0.50, 10.91.0.0/16 }",
            "ip saddr 10.90.0.1-10.90.0.50",
            "ip saddr >= 10.90.0.11",
            "ip saddr < 10.90.0.11",
            "ip saddr & 0.0.0.1 == 0.0.0.1",
            R"(iifname . ip saddr { "ocinet0" . 10.90.0.11 })",
            "ct state new,established",
            "ct state established",
            "ct state { new, established }",
            "ct state != new",
            "ct status dnat",
            "ct direction original",
            "ct direction reply",
            "meta nfproto ipv4",
            "meta nfproto ipv6",
            "meta protocol ip",
            "ip6 saddr fd00:90::11",
            "ip protocol tcp",
            "meta l4proto { tcp, udp }",
            "meta l4proto udp",
            R"(iifname vmap { "ocinet0" : accept, "vpn0" : drop })",
            R"(iifname vmap { "vpn0" : accept })",
            "iifname vmap { \"vpn0\" : drop, * : accept }"};
}

} // namespace

TEST_CASE("what a table of nftables stops is named, and the named commands let it through") {
    const Table table = GENERATE(values<Table>({
        {R"(table inet admin {
                chain forward { type filter hook forward priority filter; policy drop;
                    ct state vmap { established : accept, related : accept, invalid : drop }
                    iif lo accept
                    iifname { "vpn0", "vpn1" } accept } })",
         "chain forward of table inet admin has policy drop",
         {"out", "in", "beside"}},
        {R"(table ip admin {
                set guests { type ipv4_addr; flags interval; elements = { 10.90.0.0/16 } }
                chain guests_only { ip protocol icmp accept; counter log drop; }
                chain forward { type filter hook forward priority -10; policy accept;
                    ip saddr @guests jump guests_only } })",
         "of chain guests_only of table ip admin",
         {"out", "in", "beside"}},
        {R"(table inet admin {
                chain early { type filter hook prerouting priority -150; policy accept;
                    iifname "ocinet*" reject with icmpx admin-prohibited } })",
         "of chain early of table inet admin",
         {"out", "in", "beside"}},
        {R"(table inet admin {
                chain forward { type filter hook forward priority 10; policy accept;
                    meta mark 7 drop
                    ct status dnat tcp dport 79-81 drop } })",
         "of chain forward of table inet admin",
         {"in"}},
    }));
    CAPTURE(table.rules);
    Crossing crossing;
    load_nft(crossing.host, table.rules);
    const std::string said = crossing.attach();
    CHECK_THAT(said, contains("nftables stops its ") && contains(table.named));
    CHECK(crossing.broken() == crossing.filtered(table.broken));
    const json found = findings(crossing.host);
    REQUIRE(found.size() == 1);
    CHECK(found[0]["fixable"] == false);
    run_named_commands(crossing.host, found);
    CHECK(crossing.broken() == nothing_broken);
    CHECK(findings(crossing.host) == json::array());
}

// What would leave by the link of the default route may be stopped when it leaves by the VPN.
TEST_CASE("behind a VPN the link of the default route is not where all packets go") {
    const char* const vpn = GENERATE("ip route add 0.0.0.0/1 dev vpn0\n"
                                     "ip route add 128.0.0.0/1 dev vpn0\n"
                                     "ip route add ::/1 dev vpn0\n"
                                     "ip route add 8000::/1 dev vpn0\n",
                                     "ip route add default dev vpn0 table 51820\n"
                                     "ip -6 route add default dev vpn0 table 51820\n"
                                     "ip rule add not fwmark 51820 table 51820\n"
                                     "ip -6 rule add not fwmark 51820 table 51820\n");
    Crossing crossing;
    load_nft(crossing.host, "table inet admin { chain forward { type filter hook forward "
                            "priority 0; iifname ocinet0 oifname lan0 drop; } }");
    CHECK_THAT(crossing.attach(), contains("stops its outgoing connections"));
    REQUIRE(findings(crossing.host).size() == 1);
    crossing.host.sh(
        std::string("set -e\nip link add vpn0 up type veth peer vpn1\nip link set vpn1 up\n") +
        vpn);
    CHECK(findings(crossing.host) == json::array());
}

// Real packets say whether the rule lets them through; the finding must say the same.
TEST_CASE("a rule of nftables does to a packet what we say that it does") {
    const std::string rule = GENERATE(from_range(sampled(accepting_rules(), 4)));
    CAPTURE(rule);
    const std::string verdict = rule.find("vmap") == std::string::npos ? " accept" : "";
    Crossing crossing;
    // What goes to containers passes: what they send is asked about.
    load_nft(crossing.host, "table inet admin { chain forward {\n"
                            "type filter hook forward priority 10; policy drop;\n"
                            "oifname ocinet0 accept\n" +
                                rule + verdict + "\nmeta l4proto tcp reject with tcp reset\n} }");
    crossing.attach();
    std::set<std::string> broken;
    for (const int family : {4, 6}) {
        const auto ways = crossing.broken(family);
        broken.insert(ways.begin(), ways.end());
    }
    std::set<std::string> said;
    for (const auto& finding : findings(crossing.host)) {
        for (const std::string what : finding["stops"]) {
            said.insert(what == "outgoing connections" ? "out" : "in");
        }
    }
    CHECK(said == broken);
}

TEST_CASE("what is not certain is not said") {
    const std::string rule =
        GENERATE(as<std::string>(), "meta mark 7 accept", "limit rate 1/day accept",
                 "tcp dport 80 accept", "meta hour \"01:00\"-\"02:00\" accept",
                 "ip daddr 192.0.2.2 accept", "fib daddr type local accept");
    CAPTURE(rule);
    Crossing crossing;
    load_nft(crossing.host, "table ip admin { chain forward {\n"
                            "type filter hook forward priority 10; policy drop;\n"
                            "ct state established accept; " +
                                rule + ";\n} }");
    CHECK_THAT(crossing.attach(), !contains("outgoing connections"));
    CHECK_THAT(findings(crossing.host).dump(), !contains("outgoing connections"));
}

TEST_CASE("what cannot stop our packets is not said") {
    const std::string rules = GENERATE(
        as<std::string>(),
        "table inet admin { flags dormant; chain forward { type filter hook forward priority 0;"
        "policy drop; } }",
        "table bridge admin { chain forward { type filter hook forward priority 0; policy accept; "
        "} }",
        "table ip6 admin { chain input { type filter hook output priority 0; policy drop; } }",
        "table inet admin { chain loose { drop; } }",
        "table inet admin { quota q { over 25 mbytes }; chain forward { type filter hook forward "
        "priority 0; policy accept; quota name \"q\" drop; } }",
        "table inet admin { set s { type ipv4_addr; flags dynamic; elements = { 10.90.0.11 limit "
        "rate "
        "over 1000/second }; }; chain forward { type filter hook forward priority 0; policy "
        "accept; "
        "ip saddr @s drop; } }",
        "table inet admin { chain nat { type nat hook prerouting priority 0; policy accept; drop; "
        "} }");
    CAPTURE(rules);
    Crossing crossing;
    load_nft(crossing.host, rules);
    CHECK(crossing.attach().empty());
    CHECK(findings(crossing.host) == json::array());
}

TEST_CASE("a port of the loopback's is asked about nowhere, one of an address's not by link") {
    const Crossing crossing;
    load_nft(crossing.host,
             "table inet admin { chain forward { type filter hook forward priority 0;"
             "policy accept; iifname \"lan0\" ct state new drop; } }");
    const auto stopped = [&](const std::string& publish) {
        const Container box(crossing.host, {{"io.ocinet.publish", publish}});
        box.attach();
        const std::string text = findings(crossing.host).dump();
        box.detach();
        return text.find("published port") != std::string::npos;
    };
    CHECK_FALSE(stopped("127.0.0.1:8081:80"));
    CHECK_FALSE(stopped("198.51.100.7:8081:80"));
    CHECK(stopped("8081:80")); // the control
}

TEST_CASE("others may name their chains in any bytes") {
    SKIP_IF_MISSING(missing_for_iptables("iptables-nft"));
    Crossing crossing;
    crossing.host.sh(
        "name=$(printf 'caf\\351'); iptables-nft -N $name; iptables-nft -A $name -j DROP;"
        "iptables-nft -A FORWARD -j $name");
    CHECK_THAT(crossing.attach(), contains("of chain caf? of table ip filter"));
    CHECK_THAT(findings(crossing.host).dump(), contains("caf?"));
}

TEST_CASE("a network that is closed on purpose misses nothing") {
    Crossing crossing;
    load_nft(crossing.host,
             "table inet admin { chain forward { type filter hook forward priority 0;"
             "policy drop; } chain input { type filter hook input priority 0;"
             "policy drop; } }");
    crossing.host.write_network("bridge", {{"network_interface", "ocinet0"},
                                           {"internal", true},
                                           {"subnets", {{{"subnet", "10.90.0.0/16"}}}},
                                           {"options", {{"icc", "false"}}}});
    const Container box(crossing.host, {{"io.ocinet.network", "bridge"}});
    CHECK(box.attach()["notes"] == json::array());
    CHECK(findings(crossing.host) == json::array());
}

TEST_CASE("the host itself is asked about, unless containers shall not reach it") {
    const bool host_access = GENERATE(true, false);
    const Host host;
    load_nft(host,
             "table inet admin { chain input { type filter hook input priority 0; policy drop;"
             "iif lo accept; ct state established accept; udp dport 53 accept; } }");
    host.write_network("web", {{"subnets", {{{"subnet", "10.91.1.0/24"}}}},
                               {"options", {{"host_access", host_access ? "true" : "false"}}}});
    const Container box(host, {{"io.ocinet.network", "web"}});
    box.attach();
    const json found = findings(host);
    REQUIRE(found.size() == (host_access ? 1 : 0));
    if (host_access) {
        CHECK(found[0]["stops"] == json{"connections to the host"});
        CHECK(found[0]["network"] == "web");
        const std::string connect = static_busybox() + " nc -w 1 10.91.1.1 99 </dev/null 2>&1";
        CHECK_THAT(box.run(connect).out, !contains("refused"));
        run_named_commands(host, found);
        CHECK_THAT(box.run(connect).out, contains("refused"));
        CHECK(findings(host) == json::array());
    }
}

TEST_CASE("of others' rules none changes when our table comes and goes") {
    Crossing crossing;
    load_nft(crossing.host, R"(table inet admin {
            set s { type ipv4_addr; elements = { 10.0.0.1 } }
            chain forward { type filter hook forward priority 0; policy accept;
                ip saddr @s drop
} }
        table ip ocinet { chain c { } }
        table bridge admin { chain c { } })");
    std::string programs;
    for (const std::string program :
         {"iptables-nft", "ip6tables-nft", "iptables-legacy", "ip6tables-legacy"}) {
        if (missing_for_iptables(program).empty()) {
            programs += program + " -N MINE; " + program + " -A FORWARD -j MINE; " + program +
                        " -t nat -A POSTROUTING -o vpn0 -j MASQUERADE;";
        }
    }
    REQUIRE(!programs.empty());
    crossing.host.sh(programs);
    const std::string before = rules_of_others(crossing.host);
    const std::string all_before = crossing.host.sh("nft --stateless list ruleset 2>/dev/null");
    crossing.attach();
    CHECK(rules_of_others(crossing.host) == before);
    crossing.host.sh("exec " + cli_program() + " reload");
    CHECK(rules_of_others(crossing.host) == before);
    crossing.box.detach();
    crossing.neighbour.detach();
    CHECK(crossing.host.sh("nft --stateless list ruleset 2>/dev/null") == all_before);
    CHECK(rules_of_others(crossing.host) == before);
}

} // namespace ocinet::test
