// SPDX-License-Identifier: GPL-2.0-or-later
// What the driver "netavark-plugin" decides: what its plugin is told.
#include <nlohmann/json.hpp>

#include "tests/base/caught.h"
#include "tests/drivers/request.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

using drivers::Request;
using nlohmann::json;

json file(const json& more = json::object()) {
    json network{{"driver", "netavark-plugin"},
                 {"plugin", "host-device"},
                 {"options", {{"its", "own"}}},
                 {"subnets", {{{"subnet", "10.7.0.0/24"}}}}};
    network.update(more);
    return network;
}

json without_subnets() {
    json network = file();
    network.erase("subnets");
    return network;
}

HostView view() {
    HostView found = cold_view();
    found.addresses = {ip("10.7.0.5")};
    found.plugins = {"/usr/libexec/netavark/host-device"};
    return found;
}

Plan plan_of(const Request& request, HostView found = view()) {
    for (const auto& port : drivers::query_netavark_plugin(request).ports) {
        found.ports.push_back(port.claims.front().first);
    }
    return drivers::plan_netavark_plugin(request, found);
}

json told(const Plan& plan) {
    return json::parse(operation<ops::NetavarkPlugin>(plan).input);
}

} // namespace

TEST_CASE("a netavark plugin is told of the network as Podman's file would have it") {
    const json network = told(plan_of(request_for(file().dump())))["network"];
    CHECK(network["driver"] == "host-device");
    CHECK(network["name"] == "web");
    CHECK(network["options"] == json{{"its", "own"}});
    CHECK(network["subnets"] == file()["subnets"]);
    CHECK(network["id"].get<std::string>().size() == 64);
    CHECK_FALSE(network.contains("plugin"));
    // What its types cannot do without.
    for (const char* key : {"dns_enabled", "internal", "ipv6_enabled"}) {
        CHECK(network[key] == false);
    }
    CHECK(network["ipam_options"]["driver"] == "host-local");
}

TEST_CASE("a netavark plugin is told what its container asks for, and gets") {
    Request request = request_for(file().dump(), "mac=02:00:00:00:00:07,interface_name=lan",
                                  "127.0.0.1:8080-8081:80-81");
    request.container_name = "box";
    const Plan plan = plan_of(request);
    const json input = told(plan);
    CHECK(input["container_id"] == "c1");
    CHECK(input["container_name"] == "box");
    CHECK(input["network_options"] == json{{"interface_name", "lan"},
                                           {"static_ips", {"10.7.0.5"}},
                                           {"static_mac", "02:00:00:00:00:07"}});
    CHECK(input["port_mappings"] == json::array({{{"container_port", 80},
                                                  {"host_ip", "127.0.0.1"},
                                                  {"host_port", 8080},
                                                  {"protocol", "tcp"},
                                                  {"range", 2}}}));
    CHECK(operation<ops::TakeAddress>(plan).address == ip("10.7.0.5"));
    CHECK(plan.attached[0].addresses == std::vector<std::string>{"10.7.0.5/24"});
}

TEST_CASE("a netavark plugin may have addresses of its own") {
    HostView found = view();
    found.addresses.clear();
    const Request request = request_for(without_subnets().dump());
    const Plan plan = plan_of(request, found);
    CHECK_FALSE(told(plan)["network_options"].contains("static_ips"));
    CHECK(plan.shared.empty());
    CHECK_THAT(caught([&] {
                   plan_of(request_for(without_subnets().dump(), "ip=10.7.0.5"), found);
               }).message(),
               contains("10.7.0.5"));
}

TEST_CASE("a netavark plugin that is not there is named, and so are the places") {
    HostView found = view();
    found.plugins = {""};
    const Error error = caught([&] { plan_of(request_for(file().dump()), found); });
    CHECK(error.message() == "network \"web\" (netavark-plugin): there is no plugin host-device");
    CHECK_THAT(error.hint(), contains("/usr/libexec/netavark"));
    CHECK(caught([] { request_for(file({{"plugin", "../sh"}}).dump()); }).message() ==
          "web.json: plugin: \"../sh\" is no plugin's name");
}

TEST_CASE("a netavark plugin's calls are printed as commands") {
    const auto description =
        describe(operation<ops::NetavarkPlugin>(plan_of(request_for(file().dump()))));
    CHECK_THAT(description.apply.at(0),
               contains("| /usr/libexec/netavark/host-device setup /proc/$PID/ns/net"));
    CHECK_THAT(description.undo.at(0),
               contains("| /usr/libexec/netavark/host-device teardown /proc/$PID/ns/net"));
}

} // namespace ocinet::test
