// SPDX-License-Identifier: GPL-2.0-or-later
// Several networks of one container: which gives the default route, where ports are published, what
// the interfaces are called.
#include "drivers/requests.h"

#include "netsetup/base/text.h"
#include "tests/base/caught.h"
#include "tests/drivers/request.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

// By name: v4a and v4b have IPv4, v6 has IPv6, both has both, inner is internal, stay gives no
// default route, cheap has a low metric, plug has what plugins give.
oci::Network network(const std::string& name) {
    const auto made = [&](const std::string& subnets, const std::string& more = "") {
        return oci::parse_network("{\"subnets\":[" + subnets + "]" + more + "}", name,
                                  name + ".json");
    };
    const auto subnet = [](const char* text) {
        return R"({"subnet":")" + std::string(text) + R"("})";
    };
    if (name == "v4a") {
        return made(subnet("10.1.0.0/24"), R"(,"options":{"metric":"100"})");
    }
    if (name == "v4b") {
        return made(subnet("10.2.0.0/24"), R"(,"options":{"metric":"100"})");
    }
    if (name == "v6") {
        return made(subnet("fd01::/64"), R"(,"options":{"metric":"100"})");
    }
    if (name == "both") {
        return made(subnet("10.3.0.0/24") + "," + subnet("fd03::/64"),
                    R"(,"options":{"metric":"100"})");
    }
    if (name == "inner") {
        return made(subnet("10.4.0.0/24"), R"(,"internal":true)");
    }
    if (name == "stay") {
        return made(subnet("10.5.0.0/24"), R"(,"options":{"no_default_route":"true"})");
    }
    if (name == "cheap") {
        return made(subnet("10.6.0.0/24"), R"(,"options":{"metric":"7"})");
    }
    if (name == "clash") {
        return made(subnet("10.1.0.128/25"));
    }
    if (name == "plug") {
        return oci::parse_network(R"({"driver":"cni","options":{"metric":"100"},"conflist":
                {"cniVersion":"1.0.0","plugins":[{"type":"ptp"}]}})",
                                  name, "plug.json");
    }
    return oci::built_in_network(name).value();
}

std::vector<drivers::Request> requests(const std::string& networks,
                                       const std::string& publish = "") {
    oci::ContainerRequest wanted{.attachments = oci::parse_attachments(networks)};
    if (!publish.empty()) {
        wanted.publish = oci::parse_publish(publish);
    }
    std::vector<oci::Network> definitions;
    for (const auto& attachment : wanted.attachments) {
        definitions.push_back(network(attachment.network));
    }
    return drivers::requests_for({.id = "c1"}, wanted, definitions);
}

// "v4a: v4" for each network that gives a default route.
std::string default_routes(const std::string& networks) {
    std::string text;
    for (const auto& request : requests(networks)) {
        text += request.default_route4 ? request.network.name + ":4 " : "";
        text += request.default_route6 ? request.network.name + ":6 " : "";
    }
    return text;
}

// "v4a: 8080:80/tcp 46" for each port that a network publishes.
std::string publications(const std::string& networks, const std::string& ports) {
    std::string text;
    for (const auto& request : requests(networks, ports)) {
        for (const auto& one : request.publish) {
            text += request.network.name + " " + one.port.text() + " " + (one.ipv4 ? "4" : "") +
                    (one.ipv6 ? "6" : "") + ";";
        }
    }
    return text;
}

std::string refusal_of(const std::string& networks, const std::string& ports = "") {
    return caught([&] { requests(networks, ports); }).message();
}

} // namespace

TEST_CASE("one network gives the default route of a family") {
    CHECK(default_routes("v4a") == "v4a:4 ");
    CHECK(default_routes("v4a;v4b") == "v4a:4 "); // the first
    CHECK(default_routes("v4b;v4a") == "v4b:4 ");
    CHECK(default_routes("v4a;cheap") == "cheap:4 ");                 // the lowest metric
    CHECK(default_routes("v4a;cheap;v4b:default_route") == "v4b:4 "); // the one that was asked for
    CHECK(default_routes("v4a:default_route=false;v4b") == "v4a:4 ");
    CHECK(default_routes("inner;v4a") == "v4a:4 ");
    CHECK(default_routes("stay;v4a") == "v4a:4 ");
    CHECK(default_routes("inner;stay").empty());
    CHECK(default_routes("v4a;v6") == "v4a:4 v6:6 "); // each family its own
    CHECK(default_routes("v4a;both") == "v4a:4 both:6 ");
    CHECK(default_routes("v4a;both:default_route") == "both:4 both:6 ");
    CHECK(default_routes("both;v6:default_route") == "both:4 v6:6 ");
    for (const auto* one :
         {"inner:default_route;v4a", "stay:default_route", "v4a;inner:default_route"}) {
        CHECK_THAT(refusal_of(one), contains("default_route: the network has no way out"));
    }
}

TEST_CASE("a port is published where the answers go out, for the families that are there") {
    CHECK(publications("v4a", "8080:80") == "v4a 8080:80/tcp 4;");
    CHECK(publications("both", "8080:80") == "both 8080:80/tcp 46;");
    CHECK(publications("both", "0.0.0.0:8080:80") == "both 0.0.0.0:8080:80/tcp 4;");
    CHECK(publications("both", "[::]:8080:80") == "both [::]:8080:80/tcp 6;");
    CHECK(publications("v6", "8080:80") == "v6 8080:80/tcp 6;");
    CHECK(publications("v4a;cheap", "8080:80") == "cheap 8080:80/tcp 4;");
    CHECK(publications("v4a;v6", "8080:80") == "v4a 8080:80/tcp 4;v6 8080:80/tcp 6;");
    CHECK(publications("inner;stay", "8080:80") == "stay 8080:80/tcp 4;");
    CHECK(publications("plug", "8080:80") == "plug 8080:80/tcp 46;");
    CHECK(publications("plug;v4a", "8080:80") == "plug 8080:80/tcp 46;");
    CHECK(publications("v4a;plug", "8080:80") == "v4a 8080:80/tcp 4;"); // plug may have no IPv6
    CHECK(publications("v4a;plug", "[::]:8080:80") == "plug [::]:8080:80/tcp 6;");
    // Its driver says why it cannot be.
    CHECK(publications("inner", "8080:80") == "inner 8080:80/tcp 4;");

    const auto missing = caught([] { requests("v4a", "[::]:8080:80"); });
    CHECK(missing.message() ==
          "published port \"[::]:8080:80/tcp\": the container has no IPv6 address");
    CHECK_FALSE(missing.hint().empty());
    CHECK(refusal_of("v6", "127.0.0.1:8080:80") ==
          "published port \"127.0.0.1:8080:80/tcp\": the container has no IPv4 address");
}

TEST_CASE("interfaces are counted, around those that have a name") {
    const auto names = [](const std::string& networks) {
        std::vector<std::string> list;
        for (const auto& request : requests(networks)) {
            list.push_back(request.attachment.interface);
        }
        return join(list, " ");
    };
    CHECK(names("v4a") == "eth0");
    CHECK(names("v4a;v4b;v6") == "eth0 eth1 eth2");
    CHECK(names("v4a;v4b:interface_name=eth0;v6") == "eth1 eth0 eth2");
    CHECK(names("v4a:interface_name=lan;v4b") == "lan eth0");
    CHECK(names("none").empty());
}

TEST_CASE("one network names the host") {
    const auto naming = [](const std::string& networks) {
        std::string text;
        for (const auto& request : requests(networks)) {
            text += request.names_host ? request.network.name + " " : "";
        }
        return text;
    };
    CHECK(naming("v4a;cheap") == "cheap ");
    CHECK(naming("inner") == "inner ");
    CHECK(naming("inner;v6") == "v6 ");
}

TEST_CASE("networks that do not go together are refused") {
    CHECK(refusal_of("v4a;none") == "network \"none\" (none): goes with no other network");
    CHECK(refusal_of("host;v4a") == "network \"host\" (host): goes with no other network");
    CHECK(refusal_of("v4a;clash") == "network \"clash\" (bridge): its subnet 10.1.0.128/25 "
                                     "overlaps 10.1.0.0/24 of network \"v4a\"");
}

} // namespace ocinet::test
