// SPDX-License-Identifier: GPL-2.0-or-later
// By which elements the policy knows a network, option by option.
#include "drivers/parts/isolation.h"

#include "netsetup/base/text.h"
#include "tests/drivers/request.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

std::string with_options(const std::string& options, const std::string& more = "") {
    return R"({"subnets":[{"subnet":"10.1.0.0/24"}],"options":{)" + options + "}" + more + "}";
}

// The sets in which the network stands.
std::string sets(const std::string& network) {
    std::vector<std::string> names;
    for (const auto& element : drivers::network_elements(request_for(network))) {
        names.push_back(element.set);
    }
    return join(names, " ");
}

} // namespace

TEST_CASE("each option of isolation is a set of the policy") {
    CHECK(sets(with_options("")) == "bridges same masq4 hairpin4");
    CHECK(sets(with_options(R"("isolate":"true")")) == "bridges same masq4 hairpin4");
    CHECK(sets(with_options(R"("isolate":"false")")) == "bridges same open masq4 hairpin4");
    CHECK(sets(with_options(R"("isolate":"strict")")) == "bridges same strict masq4 hairpin4");
    CHECK(sets(with_options(R"("icc":"false")")) == "bridges apart masq4 hairpin4");
    CHECK(sets(with_options(R"("host_access":"false")")) == "bridges same limited masq4 hairpin4");
    CHECK(sets(with_options("", R"(,"internal":true)")) == "bridges same internals limited");
    CHECK(sets(with_options(R"("icc":"false","isolate":"strict","host_access":"false")")) ==
          "bridges apart limited strict masq4 hairpin4");
}

TEST_CASE("a network's subnets go out, each by its family's way") {
    const auto request = request_for(R"({"subnets":[{"subnet":"10.1.0.0/24"},
        {"subnet":"fd01::/64"},{"subnet":"10.2.0.0/24"}],
        "options":{"outbound_addr4":"192.0.2.9"}})");
    Lines lines;
    for (const auto& element : drivers::network_elements(request)) {
        lines.push_back(nft::add_line(element));
    }
    const Lines ways(lines.begin() + 2, lines.end());
    CHECK(ways ==
          Lines{
              R"(add element inet ocinet outbound4 { 10.1.0.0/24 comment "web" : 192.0.2.9 })",
              R"(add element inet ocinet masq4 { 10.1.0.0/24 comment "web" })",
              R"(add element inet ocinet hairpin4 { 10.1.0.0/24 . 10.1.0.0/24 comment "web" })",
              R"(add element inet ocinet hairpin4 { 10.1.0.0/24 . 10.2.0.0/24 comment "web" })",
              R"(add element inet ocinet masq6 { fd01::/64 comment "web" })",
              R"(add element inet ocinet hairpin6 { fd01::/64 . fd01::/64 comment "web" })",
              R"(add element inet ocinet outbound4 { 10.2.0.0/24 comment "web" : 192.0.2.9 })",
              R"(add element inet ocinet masq4 { 10.2.0.0/24 comment "web" })",
              R"(add element inet ocinet hairpin4 { 10.2.0.0/24 . 10.1.0.0/24 comment "web" })",
              R"(add element inet ocinet hairpin4 { 10.2.0.0/24 . 10.2.0.0/24 comment "web" })",
          });
}

TEST_CASE("containers that are kept apart have the gateway as their only neighbour") {
    const auto mac = Mac::parse("02:0c:0a:01:00:01").value();
    CHECK(drivers::port_elements(request_for(with_options("")), "ocx", mac).empty());
    const auto elements =
        drivers::port_elements(request_for(with_options(R"("icc":"false")")), "ocx", mac);
    REQUIRE(elements.size() == 2);
    CHECK(nft::add_line(elements[0]) ==
          R"(add element bridge ocinet lone { "ocx" comment "c1 web" })");
    CHECK(nft::add_line(elements[1]) ==
          R"(add element bridge ocinet gateways { "ocx" . 02:0c:0a:01:00:01 comment "c1 web" })");
}

} // namespace ocinet::test
