// SPDX-License-Identifier: GPL-2.0-or-later
// Rules of iptables, of both kinds, in the shapes that Docker and administrators give them.
#include "tests/support/catch.h"

#include <regex>

#include "tests/coexist/crossing.h"
#include "tests/kernel/sample.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

struct Shape {
    const char* what;
    // IPT is iptables-nft, ip6tables-legacy, …
    const char* rules;
    const char* owner;
    // What the message says of the rule; KIND is how the table is called.
    const char* named;
    std::vector<std::string> broken;
    // By which the administrator would have allowed it: a control.
    const char* allowed;
};

// As dockerd 20.10 and later make them.
constexpr const char* docker_rules =
    "IPT -P FORWARD DROP; IPT -N DOCKER; IPT -N DOCKER-USER; IPT -N DOCKER-ISOLATION-STAGE-1;"
    "IPT -N DOCKER-ISOLATION-STAGE-2; IPT -A DOCKER-USER -j RETURN;"
    "IPT -A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2;"
    "IPT -A DOCKER-ISOLATION-STAGE-1 -j RETURN;"
    "IPT -A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP; IPT -A DOCKER-ISOLATION-STAGE-2 -j RETURN;"
    "IPT -A FORWARD -j DOCKER-USER; IPT -A FORWARD -j DOCKER-ISOLATION-STAGE-1;"
    "IPT -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT;"
    "IPT -A FORWARD -o docker0 -j DOCKER; IPT -A FORWARD -i docker0 ! -o docker0 -j ACCEPT;"
    "IPT -A FORWARD -i docker0 -o docker0 -j ACCEPT";

const std::vector<Shape>& shapes() {
    static const std::vector<Shape> all{
        {"Docker's",
         docker_rules,
         "Docker",
         "chain FORWARD of table KIND has policy drop",
         {"out", "in", "beside"},
         "IPT -I DOCKER-USER -i ocinet0 -j ACCEPT; IPT -I DOCKER-USER -o ocinet0 -j ACCEPT"},
        {"a policy, and accepted answers",
         "IPT -P FORWARD DROP; IPT -A FORWARD -m state --state ESTABLISHED -j ACCEPT;"
         "IPT -A FORWARD -m comment --comment 'a note' -i vpn0 -j ACCEPT;"
         "IPT -A FORWARD -m conntrack --ctstate INVALID -j DROP",
         "iptables",
         "chain FORWARD of table KIND has policy drop",
         {"out", "in", "beside"},
         "IPT -A FORWARD -i ocinet+ -j ACCEPT; IPT -A FORWARD -o ocinet0 -j ACCEPT"},
        {"a rule in a chain of its own",
         "IPT -N lockdown; IPT -A lockdown -p udp -j RETURN; IPT -A lockdown -j LOG;"
         "IPT -A lockdown -j REJECT; IPT -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT;"
         "IPT -A FORWARD ! -i vpn0 -g lockdown",
         "iptables",
         "of chain lockdown of table KIND",
         {"out", "in", "beside"},
         "IPT -I lockdown -o ocinet0 -j ACCEPT; IPT -I lockdown -i ocinet0 -j ACCEPT"},
        {"an accepted port, and nothing else from outside",
         "IPT -A FORWARD -i ocinet0 -j ACCEPT;"
         "IPT -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT;"
         "IPT -A FORWARD -p tcp --dport 443 -j ACCEPT; IPT -A FORWARD -o ocinet0 -j DROP",
         "iptables",
         "of chain FORWARD of table KIND",
         {"in"},
         "IPT -I FORWARD -p tcp --dport 80 -m conntrack --ctstate DNAT -j ACCEPT"},
    };
    return all;
}

struct Case {
    std::string program;
    std::size_t shape;
};

// Every shape in each kind of iptables.
std::vector<Case> cases() {
    std::vector<Case> all;
    for (const char* program :
         {"iptables-nft", "iptables-legacy", "ip6tables-nft", "ip6tables-legacy"}) {
        for (std::size_t i = 0; i < shapes().size(); ++i) {
            all.push_back({program, i});
        }
    }
    return all;
}

std::string filled(const std::string& text, const std::string& program) {
    const bool v6 = program.starts_with("ip6");
    const std::string kind = program.ends_with("legacy")
                                 ? "filter (" + program + ")"
                                 : std::string(v6 ? "ip6" : "ip") + " filter";
    return std::regex_replace(std::regex_replace(text, std::regex("IPT"), program),
                              std::regex("KIND"), kind);
}

} // namespace

TEST_CASE("what iptables stops is named, and the named commands let it through") {
    const auto [program, number] = GENERATE(from_range(sampled(cases(), 4)));
    const Shape& shape = shapes()[number];
    INFO(program << ": " << shape.what);
    SKIP_IF_MISSING(missing_for_iptables(program));
    const int family = program.starts_with("ip6") ? 6 : 4;
    Crossing crossing;
    crossing.host.sh(filled(shape.rules, program));
    const std::string before = rules_of_others(crossing.host);

    const std::string said = crossing.attach();
    const std::string named = filled(shape.named, program);
    CHECK_THAT(said, contains(std::string("network \"bridge\": ") + shape.owner + " stops its ") &&
                         contains(named));
    CHECK(crossing.broken(family) == crossing.filtered(shape.broken));
    CHECK(crossing.broken(family == 4 ? 6 : 4) == nothing_broken);
    CHECK(rules_of_others(crossing.host) == before);

    const json found = findings(crossing.host);
    REQUIRE(found.size() == 1);
    CHECK(found[0]["owner"] == shape.owner);
    CHECK_THAT(found[0]["rule"].get<std::string>(), contains(named));
    for (const auto& command : found[0]["commands"]) {
        CHECK_THAT(said, contains(command.get<std::string>()));
        CHECK_THAT(crossing.result["notes"].dump(), contains(command.get<std::string>()));
    }
    run_named_commands(crossing.host, found);
    CHECK(crossing.broken(family) == nothing_broken);
    CHECK(findings(crossing.host) == json::array());
}

TEST_CASE("nothing is named where iptables lets it through") {
    const auto [program, number] = GENERATE(from_range(sampled(cases(), 4)));
    const Shape& shape = shapes()[number];
    INFO(program << ": " << shape.what);
    SKIP_IF_MISSING(missing_for_iptables(program));
    Crossing crossing;
    crossing.host.sh(filled(std::string(shape.rules) + ";" + shape.allowed, program));
    CHECK(crossing.attach().empty());
    CHECK(crossing.result["notes"] == json::array());
    CHECK(crossing.broken(program.starts_with("ip6") ? 6 : 4) == nothing_broken);
    CHECK(findings(crossing.host) == json::array());
}

} // namespace ocinet::test
