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

namespace {

Lines port_lines(const std::string& options, const std::vector<std::string>& addresses) {
    drivers::BridgePort port{.name = "ocx",
                             .mac = Mac::parse("02:0c:0a:01:00:05").value(),
                             .bridge = Mac::parse("02:0c:0a:01:00:01").value()};
    for (const auto& address : addresses) {
        port.addresses.push_back(Prefix::parse(address).value());
    }
    Lines lines;
    for (const auto& element : drivers::port_elements(request_for(options), port)) {
        lines.push_back(nft::add_line(element));
    }
    return lines;
}

} // namespace

TEST_CASE("containers that are kept apart have the gateway as their only neighbour") {
    CHECK(port_lines(with_options(R"("spoof_check":"false")"), {"10.1.0.5/24"}).empty());
    CHECK(
        port_lines(with_options(R"("icc":"false","spoof_check":"false")"), {"10.1.0.5/24"}) ==
        Lines{
            R"(add element bridge ocinet lone { "ocx" comment "c1 web" })",
            R"(add element bridge ocinet gateways { "ocx" . 02:0c:0a:01:00:01 comment "c1 web" })"});
}

TEST_CASE("a container's port knows what its frames may say that they are") {
    const std::string own = R"("ocx" . 02:0c:0a:01:00:05)";
    const std::string end = R"( comment "c1 web" })";
    const std::string add = "add element bridge ocinet ";
    CHECK(port_lines(with_options(""), {"10.1.0.5/24"}) ==
          Lines{add + "macs { " + own + end, add + "source4 { " + own + " . 10.1.0.5" + end,
                add + R"(checked { "ocx")" + end});
    CHECK(port_lines(R"({"subnets":[{"subnet":"fd01::/64"}]})", {"fd01::5/64"}) ==
          Lines{add + "macs { " + own + end, add + "source6 { " + own + " . fd01::5" + end,
                add + "targets { " + own + " . 0xfd010000000000000000000000000005" + end,
                add + "source6 { " + own + " . fe80::c:aff:fe01:5" + end,
                add + "targets { " + own + " . 0xfe80000000000000000c0afffe010005" + end,
                add + R"(lladdrs { "ocx" . 0x020c0a010005)" + end,
                add + R"(checked { "ocx")" + end});
}

} // namespace ocinet::test
