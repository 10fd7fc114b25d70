// SPDX-License-Identifier: GPL-2.0-or-later
// Several networks of one container, and networks whose file says more.
#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

json network(const std::string& subnet, const json& options = json::object()) {
    return {{"subnets", {{{"subnet", subnet}}}}, {"options", options}};
}

std::string default_route(const Place& place) {
    return place.sh("ip route show default");
}

} // namespace

TEST_CASE("a container on several networks") {
    const Host host;
    host.write_network("web", network("10.7.0.0/24"));
    host.write_network("db", network("10.8.0.0/24"));
    const Container box(host,
                        {{"io.ocinet.network", "web;bridge:default_route;db:interface_name=db"},
                         {"io.ocinet.publish", "8080:80"}});
    const auto before = host.snapshot();
    const json result = box.attach();
    REQUIRE(result["attachments"].size() == 3);
    CHECK(result["attachments"][0]["interface"] == "eth0");
    CHECK(result["attachments"][1]["interface"] == "eth1");
    CHECK(result["attachments"][2]["interface"] == "db");
    CHECK(addresses(link(box, "eth0")) == std::vector<std::string>{"10.7.0.2/24"});
    CHECK(addresses(link(box, "db")) == std::vector<std::string>{"10.8.0.2/24"});
    // The one that was asked for, and the ports with it.
    CHECK_THAT(default_route(box), contains("via 10.90.0.1 dev eth1"));
    CHECK(result["attachments"][0]["gateways"].empty());
    CHECK(result["attachments"][1]["gateways"][0] == "10.90.0.1");
    CHECK(result["attachments"][0]["ports"].empty());
    CHECK(result["attachments"][1]["ports"][0] == "80/tcp -> 0.0.0.0:8080");
    CHECK(differences(host, box).empty());
    CHECK(host.sh("nft list map inet ocinet any4").find("10.90.0.2") != std::string::npos);
    // The host is named once.
    const std::string hosts = read_text(const_cast<Container&>(box).bundle().hosts_path());
    CHECK(hosts.find("host.containers.internal") == hosts.rfind("host.containers.internal"));
    box.detach();
    CHECK(leftovers(host) == nothing_left);
    CHECK(difference(before["links"], host.snapshot()["links"]) == no_difference);
}

TEST_CASE("what one of several networks cannot give is given by none") {
    const Host host;
    host.write_network("web", network("10.7.0.0/24"));
    const Container owner(host, {{"io.ocinet.network", "web:ip=10.7.0.9"}});
    owner.attach();
    const auto before = host.snapshot();
    const Container box(host, {{"io.ocinet.network", "bridge;web:ip=10.7.0.9"}});
    const Result result = box.hook("createRuntime");
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("address 10.7.0.9 is taken by container " + owner.id()));
    CHECK(difference(before, host.snapshot()) == no_difference);
}

TEST_CASE("a network's file is not changed under its containers") {
    const Host host;
    host.write_network("web", network("10.7.0.0/24"));
    Container first(host, {{"io.ocinet.network", "web"}});
    first.attach();
    const auto before = host.snapshot();
    for (const auto& changed :
         {network("10.7.0.0/16"), network("10.7.0.0/24", {{"icc", "false"}}),
          network("10.7.0.0/24", {{"mtu", "1400"}}),
          json{{"subnets", {{{"subnet", "10.7.0.0/24"}}}}, {"internal", true}},
          json{{"subnets", {{{"subnet", "10.7.0.0/24"}, {"gateway", "10.7.0.9"}}}}}}) {
        CAPTURE(changed.dump());
        host.write_network("web", changed);
        const Container second(host, {{"io.ocinet.network", "web"}});
        const Result result = second.hook("createRuntime");
        CHECK(result.status == 1);
        CHECK_THAT(result.err, contains("before its definition changed") && contains("hint: "));
        CHECK(difference(before, host.snapshot()) == no_difference);
    }
    // What does not touch the others may change.
    host.write_network(
        "web",
        {{"subnets", {{{"subnet", "10.7.0.0/24"}, {"lease_range", {{"start_ip", "10.7.0.50"}}}}}}});
    const Container third(host, {{"io.ocinet.network", "web"}});
    CHECK(only_attachment(third.attach())["addresses"][0] == "10.7.0.50/24");
    third.detach();
    // A dead container does not keep it from changing.
    crash(host, first);
    host.write_network("web", network("10.77.0.0/24"));
    const Container fourth(host, {{"io.ocinet.network", "web"}});
    fourth.attach();
    CHECK(differences(host, fourth).empty());
    fourth.detach();
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("a subnet that the host has already is refused") {
    const Host host;
    const Host other;
    host.connect(other, "lan0", "10.7.1.1/24", "10.7.1.2/24");
    host.write_network("web", network("10.7.0.0/16"));
    const Container box(host, {{"io.ocinet.network", "web"}});
    const auto before = host.snapshot();
    const Result result = box.hook("createRuntime");
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("its subnet 10.7.0.0/16 overlaps 10.7.1.1/24 on the host's "
                                    "interface lan0") &&
                               contains("/etc/ocinet/networks/web.json"));
    CHECK(difference(before, host.snapshot()) == no_difference);
    host.write_network("web", network("10.90.7.0/24"));
    const Container first(host, {{"io.ocinet.network", "bridge"}});
    first.attach();
    CHECK_THAT(box.hook("createRuntime").err,
               contains("overlaps 10.90.0.1/16 of network \"bridge\""));
}

TEST_CASE("the host's end of a link is called as the user likes") {
    const Host host;
    const Container box(host, {{"io.ocinet.network", "bridge:host_interface_name=web0"}});
    CHECK(only_attachment(box.attach())["host_interface"] == "web0");
    CHECK(link(host, "web0")["ifalias"] == "ocinet:" + box.id() + ":bridge");
    CHECK(differences(host, box).empty());
    const auto before = host.snapshot();
    const Container other(host, {{"io.ocinet.network", "bridge:host_interface_name=web0"}});
    const Result result = other.hook("createRuntime");
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("the host has an interface web0 already"));
    CHECK(difference(before, host.snapshot()) == no_difference);
    box.detach();
    CHECK(leftovers(host) == nothing_left);
    // Somebody else's link of the name is never taken for ours.
    const Container third(host, {{"io.ocinet.network", "bridge:host_interface_name=web0"}});
    third.attach();
    host.sh("ip link set web0 down; ip link set web0 name old0; ip link add web0 type bridge");
    third.detach();
    CHECK(host.run("ip link show web0").status == 0);
}

TEST_CASE("an operator's bridge gets a port, and stays as it is") {
    const Host host;
    host.sh("ip link add br9 address 02:00:00:00:00:09 type bridge; ip link set br9 up;"
            "ip address add 10.7.0.1/24 dev br9");
    auto file = network("10.7.0.0/24", {{"mode", "unmanaged"}});
    file["network_interface"] = "br9";
    host.write_network("web", file);
    const Container box(host, {{"io.ocinet.network", "web"}});
    box.attach();
    CHECK(box.run("busybox ping -c1 -W2 10.7.0.1").status == 0);
    CHECK(host.sh("nft list tables").empty());
    CHECK(setting(host, "ipv4/ip_forward") == setting(host, "ipv4/conf/all/forwarding"));
    CHECK(setting(host, "ipv4/conf/br9/route_localnet") == "0");
    CHECK(link(host, "br9")["address"] == "02:00:00:00:00:09");
    CHECK(differences(host, box).empty());
    box.detach();
    CHECK(leftovers(host) == nothing_left);
    CHECK(link(host, "br9")["address"] == "02:00:00:00:00:09");
}

TEST_CASE("routes that lead nowhere, with a metric") {
    const Host host;
    host.write_network(
        "web", {{"subnets", {{{"subnet", "10.7.0.0/24"}}}},
                {"routes",
                 {{{"destination", "192.0.2.0/24"}, {"route_type", "blackhole"}},
                  {{"destination", "198.51.100.0/24"}, {"route_type", "prohibit"}, {"metric", 9}}}},
                {"options", {{"metric", "77"}}}});
    const Container box(host, {{"io.ocinet.network", "web"}});
    box.attach();
    const std::string routes = box.sh("ip route");
    CHECK_THAT(routes, contains("blackhole 192.0.2.0/24"));
    CHECK_THAT(routes, contains("prohibit 198.51.100.0/24 proto 111 metric 9"));
    CHECK_THAT(routes, contains("default via 10.7.0.1 dev eth0 metric 77"));
    CHECK(differences(host, box).empty());
    box.sh("ip route del blackhole 192.0.2.0/24");
    CHECK(differences(host, box).size() == 1);
}

} // namespace ocinet::test
