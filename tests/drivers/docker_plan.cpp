// SPDX-License-Identifier: GPL-2.0-or-later
// What the driver "docker-plugin" decides: what its plugins are told.
#include <nlohmann/json.hpp>

#include "tests/base/caught.h"
#include "tests/drivers/request.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

using drivers::Request;
using nlohmann::json;

json file(const json& more = json::object()) {
    json network{{"driver", "docker-plugin"},
                 {"plugin", "weave"},
                 {"options", {{"its", "own"}}},
                 {"subnets", {{{"subnet", "10.7.0.0/24"}, {"gateway", "10.7.0.9"}}}}};
    network.update(more);
    return network;
}

docker_plugin::Plugin plugin(const std::string& name) {
    return {.name = name,
            .program = "/usr/bin/curl",
            .options = {"--unix-socket", "/run/docker/plugins/" + name + ".sock"},
            .url = "http://plugin"};
}

HostView view() {
    HostView found = cold_view();
    found.addresses = {ip("10.7.0.5")};
    found.docker_plugins = {plugin("weave"), plugin("pool")};
    return found;
}

Plan plan_of(const Request& request, HostView found = view()) {
    for (const auto& port : drivers::query_docker_plugin(request).ports) {
        found.ports.push_back(port.claims.front().first);
    }
    return drivers::plan_docker_plugin(request, found);
}

Plan plan_of(const json& network, const std::string& options = "",
             const std::string& publish = "") {
    return plan_of(request_for(network.dump(), options, publish));
}

std::string error_of(const json& network, const std::string& options = "") {
    return caught([&] { plan_of(network, options); }).message();
}

} // namespace

TEST_CASE("a Docker plugin is told of the network as dockerd would") {
    const auto network = operation<ops::EnsureDockerNetwork>(plan_of(file()));
    CHECK(network.id.size() == 64);
    CHECK(json::parse(network.options) == json{{"com.docker.network.enable_ipv6", false},
                                               {"com.docker.network.generic", {{"its", "own"}}}});
    REQUIRE(network.pools.size() == 1);
    CHECK(network.pools[0].subnet->text() == "10.7.0.0/24");
    CHECK(network.pools[0].gateway->text() == "10.7.0.9");
    CHECK_FALSE(network.ipam.has_value());

    const auto other = operation<ops::EnsureDockerNetwork>(
        plan_of(file({{"internal", true}, {"subnets", json::array({{{"subnet", "fd07::/64"}}})}})));
    CHECK(other.id == network.id); // by its name
    CHECK(json::parse(other.options)["com.docker.network.internal"] == true);
    CHECK(json::parse(other.options)["com.docker.network.enable_ipv6"] == true);
    CHECK(other.pools[0].ipv6);
    CHECK(definition_of(other) != definition_of(network));
}

TEST_CASE("a Docker plugin is told what its container asks for, and gets") {
    const Plan plan = plan_of(file({{"options", {{"x", "y"}}}}),
                              "mac=02:00:00:00:00:07,interface_name=lan", "127.0.0.1:8080:80/udp");
    const auto endpoint = operation<ops::DockerEndpoint>(plan);
    CHECK(endpoint.id.size() == 64);
    CHECK(endpoint.id != endpoint.network_id);
    CHECK(endpoint.interface == "lan");
    CHECK(endpoint.alias == "ocinet:c1:web");
    CHECK(endpoint.addresses == std::vector<Prefix>{*Prefix::parse("10.7.0.5/24")});
    CHECK(endpoint.pools.empty());
    CHECK(endpoint.mac->text() == "02:00:00:00:00:07");
    CHECK(endpoint.default_route4);
    CHECK(endpoint.publishes);
    CHECK(json::parse(endpoint.options)["com.docker.network.endpoint.exposedports"] ==
          json::array({{{"Proto", 17}, {"Port", 80}}}));
    CHECK(operation<ops::TakeAddress>(plan).address == ip("10.7.0.5"));
    CHECK(operation<ops::TakePorts>(plan).claim.first == 8080);
}

TEST_CASE("addresses that a Docker plugin gives are not leased by us") {
    const json network =
        file({{"ipam_options", {{"driver", "pool"}, {"subnet", "of its own"}}},
              {"subnets", {{{"subnet", "10.7.0.0/24"}}, {{"subnet", "fd07::/64"}}}}});
    const Request request = request_for(network.dump(), "ip=fd07::7");
    CHECK(drivers::query_docker_plugin(request).addresses.empty());
    CHECK(drivers::query_docker_plugin(request).docker_plugins ==
          std::vector<std::string>{"weave", "pool"});
    const Plan plan = plan_of(request);
    CHECK(plan.shared.empty());
    CHECK(plan.attached[0].addresses.empty());
    const auto made = operation<ops::EnsureDockerNetwork>(plan);
    CHECK(made.ipam->name == "pool");
    CHECK(json::parse(made.ipam_options) == json{{"subnet", "of its own"}});
    CHECK_FALSE(made.pools.at(0).gateway.has_value()); // the file names none
    const auto endpoint = operation<ops::DockerEndpoint>(plan);
    REQUIRE(endpoint.pools.size() == 2);
    CHECK_FALSE(endpoint.pools[0].wanted.has_value());
    CHECK(endpoint.pools[1].wanted == ip("fd07::7"));
    CHECK(endpoint.pools[1].ipv6);
    CHECK(endpoint.mac.has_value()); // by which it may choose
    CHECK_THAT(error_of(network, "ip=10.9.0.7"), contains("ip=10.9.0.7: no pool of plugin pool"));
    CHECK_THAT(error_of(network, "ip=10.7.0.7,ip=10.7.0.8"), contains("ip=10.7.0.8: no pool"));
}

TEST_CASE(
    "of a Docker network the families are those of its subnets, whoever gives the addresses") {
    const auto endpoint =
        operation<ops::DockerEndpoint>(plan_of(file({{"ipam_options", {{"driver", "pool"}}}})));
    CHECK(endpoint.default_route4);
    CHECK_FALSE(endpoint.default_route6); // which another network of the container may give
}

TEST_CASE("a Docker plugin that gives addresses may choose their subnet") {
    json network = file({{"ipam_options", {{"driver", "pool"}}}});
    network.erase("subnets");
    const Plan plan = plan_of(network, "ip=10.9.0.7");
    CHECK_FALSE(operation<ops::EnsureDockerNetwork>(plan).pools.at(0).subnet.has_value());
    CHECK(operation<ops::DockerEndpoint>(plan).pools.at(0).wanted == ip("10.9.0.7"));
    CHECK_THAT(error_of(network, "ip=fd07::7"), contains("fd07::7"));
}

TEST_CASE("what no Docker plugin can be told is an error") {
    CHECK(error_of(file({{"plugin", "../sh"}})) ==
          "web.json: plugin: \"../sh\" is no plugin's name");
    CHECK_THAT(error_of(file({{"network_interface", "eth0"}})), contains("network_interface"));
    CHECK_THAT(
        error_of(file(
            {{"routes", json::array({{{"destination", "10.0.0.0/8"}, {"gateway", "10.7.0.1"}}})}})),
        contains("routes: that is for the plugin to say"));
    CHECK_THAT(error_of(file({{"options", {{"its", 7}}}})), contains("options: its: not a string"));
    CHECK_THAT(error_of(file({{"ipam_options", {{"driver", "a/b"}}}})),
               contains("ipam_options: driver: \"a/b\" is no plugin's name"));
    CHECK_THAT(error_of(file({{"ipam_options", {{"driver", "dhcp"}}}})),
               contains("\"dhcp\" is not supported by the driver \"docker-plugin\""));
    CHECK_THAT(
        error_of(file({{"ipam_options", {{"driver", "pool"}}},
                       {"subnets", json::array({{{"subnet", "10.7.0.0/24"},
                                                 {"lease_range", {{"start_ip", "10.7.0.9"}}}}})}})),
        contains("pool gives the addresses: it heeds no lease_range"));
    CHECK_THAT(error_of(file(), "host_interface_name=x"), contains("means nothing here"));
    HostView found = view();
    found.docker_plugins = {std::nullopt};
    const Error error = caught([&] { plan_of(request_for(file().dump()), found); });
    CHECK(error.message() == "network \"web\" (docker-plugin): there is no plugin weave");
    CHECK_THAT(error.hint(), contains("/etc/docker/plugins"));
}

TEST_CASE("a Docker plugin's network that is there is not made again") {
    HostView found = view();
    found.docker_pools = {"its pool"};
    const Plan plan =
        plan_of(request_for(file({{"ipam_options", {{"driver", "pool"}}}}).dump()), found);
    CHECK_THAT(describe(operation<ops::EnsureDockerNetwork>(plan)).apply.at(0), contains("# "));
    CHECK(operation<ops::DockerEndpoint>(plan).pools.at(0).id == "its pool");
}

} // namespace ocinet::test
