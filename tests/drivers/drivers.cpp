// SPDX-License-Identifier: GPL-2.0-or-later
// The drivers beside "bridge", and how a request finds its driver.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "drivers/requests.h"
#include "tests/base/caught.h"
#include "tests/drivers/request.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

drivers::Request on(const std::string& driver, const std::string& options = "",
                    const std::string& publish = "") {
    auto request = request_for(R"({"driver":")" + driver + "\"}", options, publish);
    request.in_host_network = driver == "host";
    return request;
}

} // namespace

TEST_CASE("the network none is lo and nothing else") {
    const Plan plan = planned(on("none"), HostView{});
    CHECK(apply_commands(plan) == Lines{"nsenter -t $PID -n ip link set dev lo up"});
    CHECK(plan.shared.empty());
    CHECK(nlohmann::json(plan.attached).at(0).at("driver") == "none");
    const auto request = on("none");
    const auto query = drivers::driver_for(request).query(request);
    CHECK_FALSE(query.firewall);
    CHECK(query.addresses.empty());
    CHECK(query.bridge.empty());
}

TEST_CASE("the network host is nothing to do, where the container has it") {
    const Plan plan = planned(on("host"), HostView{});
    CHECK(plan.shared.empty());
    CHECK(plan.own.empty());
    CHECK(plan.attached.at(0).network == "web");
    CHECK(plan.attached.at(0).driver == "host");
    CHECK(plan.attached.at(0).interface.empty());

    auto request = on("host");
    request.in_host_network = false;
    const auto error = caught([&] { planned(request, HostView{}); });
    CHECK(error.message() ==
          "network \"web\" (host): the container has a network namespace of its own");
    CHECK(error.hint() ==
          "remove the entry of type \"network\" from linux.namespaces in config.json "
          "(with an engine: --network host)");
}

TEST_CASE("options that mean nothing to a driver are refused") {
    struct Case {
        const char* options;
        const char* named;
    };
    for (const std::string driver : {"none", "host"}) {
        const std::string label = "network \"web\" (" + driver + "): ";
        for (const auto& [options, named] :
             {Case{"ip=10.1.0.5", "ip="}, Case{"mac=02:00:00:00:00:01", "mac="},
              Case{"interface_name=eth1", "interface_name="}}) {
            const auto request = on(driver, options);
            const auto message = message_of([&] { planned(request, HostView{}); });
            CHECK(message == label + named + " means nothing here");
        }
        const auto error = caught([&] { planned(on(driver, "", "80:80"), HostView{}); });
        CHECK(error.message() == label + "ports cannot be published");
        CHECK(error.hint() == "io.ocinet.publish needs a bridge network");
    }
}

TEST_CASE("a driver is found by its name, and must suit the container's namespace") {
    for (const std::string name : {"bridge", "host", "ipvlan", "macvlan", "none"}) {
        CHECK(drivers::driver_for(on(name)).name == name);
    }
    for (const std::string name : {"weave", "", "Bridge", "bridge "}) {
        const auto error = caught([&] { drivers::driver_for(on(name)); });
        CHECK(error.message() == "network \"web\": there is no driver \"" + name + "\"");
        CHECK(error.hint() == "drivers: bridge, cni, docker-plugin, host, ipvlan, macvlan, "
                              "netavark-plugin, none, overlay");
    }
    for (const std::string name : {"bridge", "none"}) {
        auto request = on(name);
        request.in_host_network = true;
        const auto error = caught([&] { drivers::driver_for(request); });
        CHECK(error.message() ==
              "network \"web\" (" + name + "): the container shares the host's network namespace");
        CHECK(error.hint() ==
              "ask for the network \"host\", or give the container a network namespace");
    }
}

TEST_CASE("a container's facts go into each of its requests") {
    drivers::ContainerFacts container{
        .id = "c1", .in_host_network = true, .policy_file = "/p", .seed = 40};
    container.bundle.hostname = "h1";
    oci::ContainerRequest wanted{
        .attachments = {{.network = "a"}, {.network = "b", .interface = "e1"}}, .name = "web"};
    oci::Network a{.name = "a"};
    oci::Network b{.name = "b", .driver = "bridge"};
    const auto requests = drivers::requests_for(container, wanted, {a, b});
    REQUIRE(requests.size() == 2);
    CHECK(requests[0].network.name == "a");
    CHECK(requests[1].network.name == "b");
    CHECK(requests[1].attachment.interface == "e1");
    for (const auto& request : requests) {
        CHECK(request.container_id == "c1");
        CHECK(request.container_name == "web");
        CHECK(request.bundle.hostname == "h1");
        CHECK(request.in_host_network);
        CHECK(request.policy_file == "/p");
    }
    // Two attachments must not draw the same names.
    CHECK(requests[0].seed != requests[1].seed);
}

TEST_CASE("all attachments are planned, or none where one of them conflicts") {
    const std::vector requests{request_for(), on("none")};
    const auto planned_with = [&](const HostView& view) {
        return drivers::plan_all(requests, [&](const HostQuery&) { return view; });
    };
    const auto good = planned_with(warm_view());
    CHECK(good.conflicts.empty());
    CHECK(good.plan.attached.size() == 2);
    // lo is raised once.
    const auto commands = apply_commands(good.plan);
    CHECK(std::count(commands.begin(), commands.end(),
                     "nsenter -t $PID -n ip link set dev lo up") == 1);

    auto view = warm_view();
    view.conflicts = {{.what = "address 10.90.0.5 is taken by container c2", .owner = "c2"}};
    const auto bad = planned_with(view);
    CHECK(bad.conflicts.size() == 2);
    CHECK(bad.plan.attached.empty());
    CHECK(bad.plan.shared.empty());
    CHECK(bad.plan.own.empty());
}

TEST_CASE("a conflict is told with the network, its owner and a hint where there is one") {
    const std::vector requests{request_for()};
    const auto plain = drivers::conflict_error(
        requests, {{.what = "tcp port 80 is published by container c2", .owner = "c2"}});
    CHECK(plain.message() ==
          "network \"bridge\" (bridge): tcp port 80 is published by container c2");
    CHECK(plain.hint().empty());
    const auto hinted = drivers::conflict_error(
        requests, {{.what = "no address is free", .hint = "`ocinet gc`"}, {.what = "another"}});
    CHECK(hinted.message() == "network \"bridge\" (bridge): no address is free");
    CHECK(hinted.hint() == "`ocinet gc`");
}

} // namespace ocinet::test
