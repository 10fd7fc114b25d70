// SPDX-License-Identifier: GPL-2.0-or-later
// Published ports: from the request to claims and to the elements of the policy's maps.
#include "drivers/parts/publish.h"

#include "tests/drivers/request.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

Plan plan_for(const std::string& publish, const std::vector<std::uint16_t>& ports) {
    auto view = warm_view();
    view.ports = ports;
    return planned(request_for("", "", publish), view);
}

struct Case {
    const char* publish;
    std::uint16_t chosen;
    Lines elements;
    const char* text;
};

const Case cases[] = {
    {"8080:80",
     8080,
     {R"(any4 '{ tcp . 8080 comment "c1 bridge" : 10.90.0.5 . 80 }')"},
     "80/tcp -> 0.0.0.0:8080"},
    {"80",
     61234,
     {R"(any4 '{ tcp . 61234 comment "c1 bridge" : 10.90.0.5 . 80 }')"},
     "80/tcp -> 0.0.0.0:61234"},
    {"127.0.0.1:5353:53/udp",
     5353,
     {R"(addr4 '{ 127.0.0.1 . udp . 5353 comment "c1 bridge" : 10.90.0.5 . 53 }')"},
     "53/udp -> 127.0.0.1:5353"},
    // One port that maps one to one stays in the hash map.
    {"80:80",
     80,
     {R"(any4 '{ tcp . 80 comment "c1 bridge" : 10.90.0.5 . 80 }')"},
     "80/tcp -> 0.0.0.0:80"},
    {"9000-9010:9000-9010",
     9000,
     {R"(range4 '{ tcp . 9000-9010 comment "c1 bridge" : 10.90.0.5 }')"},
     "9000-9010/tcp -> 0.0.0.0:9000-9010"},
    {"192.0.2.1:9000-9010:9000-9010/udp",
     9000,
     {R"(arange4 '{ 192.0.2.1 . udp . 9000-9010 comment "c1 bridge" : 10.90.0.5 }')"},
     "9000-9010/udp -> 192.0.2.1:9000-9010"},
    {"9000-9002:80-82",
     9000,
     {R"(any4 '{ tcp . 9000 comment "c1 bridge" : 10.90.0.5 . 80 }')",
      R"(any4 '{ tcp . 9001 comment "c1 bridge" : 10.90.0.5 . 81 }')",
      R"(any4 '{ tcp . 9002 comment "c1 bridge" : 10.90.0.5 . 82 }')"},
     "80-82/tcp -> 0.0.0.0:9000-9002"},
    {"192.0.2.1:9000-9001:80-81/udp",
     9000,
     {R"(addr4 '{ 192.0.2.1 . udp . 9000 comment "c1 bridge" : 10.90.0.5 . 80 }')",
      R"(addr4 '{ 192.0.2.1 . udp . 9001 comment "c1 bridge" : 10.90.0.5 . 81 }')"},
     "80-81/udp -> 192.0.2.1:9000-9001"},
};

} // namespace

TEST_CASE("a published port becomes elements of the map that fits it") {
    for (const auto& [publish, chosen, elements, text] : cases) {
        CAPTURE(publish);
        const Plan plan = plan_for(publish, {chosen});
        Lines expected;
        for (const auto& element : elements) {
            expected.push_back("nft add element inet ocinet " + element);
        }
        const auto op = operation<ops::PublishPorts>(plan);
        auto commands = describe(op).apply;
        commands.resize(op.elements.size());
        CHECK(commands == expected);
        CHECK(op.container == ip("10.90.0.5"));
        CHECK(plan.attached.at(0).ports == Lines{text});
    }
}

TEST_CASE("a published port is claimed as it was chosen") {
    const auto request = request_for("", "", "80,192.0.2.1:9000-9010:9000-9010/udp");
    const auto query = drivers::driver_for(request).query(request);
    REQUIRE(query.ports.size() == 2);
    const auto claim = [&](std::size_t port) { return query.ports[port].claims.at(0); };
    CHECK(claim(0).first == 0);
    CHECK(claim(0).address == IpAddress::any(AF_INET));
    CHECK(claim(1).protocol == "udp");
    CHECK(claim(1).address == ip("192.0.2.1"));
    CHECK(claim(1).first == 9000);
    CHECK(claim(1).count == 11);

    const Plan plan = plan_for("80,192.0.2.1:9000-9010:9000-9010/udp", {61234, 9000});
    Lines claims;
    for (const auto& step : plan.shared) {
        if (const auto* op = std::get_if<ops::TakePorts>(&step.operation)) {
            claims.push_back(describe(*op).apply.at(0));
        }
    }
    CHECK(claims ==
          Lines{"# lease tcp port 0.0.0.0:61234", "# lease udp port 192.0.2.1:9000-9010"});
}

TEST_CASE("the flows of published UDP ports alone are forgotten") {
    const auto op = operation<ops::PublishPorts>(
        plan_for("80:80,192.0.2.1:53:53/udp,9000-9010:9000-9010/udp", {80, 53, 9000}));
    REQUIRE(op.claims.size() == 3);
    CHECK(op.claims[1].first == 53);
    CHECK(op.claims[2].count == 11);
    const auto commands = describe(op);
    for (const auto* list : {&commands.apply, &commands.undo}) {
        CHECK(
            Lines(list->begin() + 3, list->end()) ==
            Lines{
                "conntrack -D -p udp --orig-dst 192.0.2.1 --orig-port-dst 53 || :",
                "for port in $(seq 9000 9010); do conntrack -D -p udp --orig-port-dst $port; done "
                "|| :"});
    }
}

TEST_CASE("without published ports the plan has nothing about them") {
    const Plan plan = planned(request_for(), warm_view());
    CHECK_THROWS_WITH(operation<ops::PublishPorts>(plan), "the plan has no publish-ports");
    CHECK_THROWS_WITH(operation<ops::TakePorts>(plan), "the plan has no take-ports");
}

TEST_CASE("an element's comment is as long as nft takes it") {
    auto request = request_for();
    CHECK(drivers::element_comment(request) == "c1 bridge");
    request.container_id = std::string(max_container_id, 'c');
    request.network.name = std::string(max_network_name, 'n');
    CHECK(drivers::element_comment(request) == std::string(64, 'c') + " " + std::string(63, 'n'));
    CHECK(drivers::element_comment(request).size() == 128);
}

} // namespace ocinet::test
