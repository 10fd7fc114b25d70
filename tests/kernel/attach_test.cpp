// SPDX-License-Identifier: GPL-2.0-or-later
// What the hook says it did, and what the kernel says.
#include <cstdio>

#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

struct Case {
    std::string title;
    json network; // a file of the network "web", unless null
    std::string request;
    // What follows from them.
    std::string bridge;
    std::string gateway; // with the prefix's length
    std::string interface;
    std::string address;
    std::string mac; // empty: derived from the address
    unsigned mtu = 1500;
    bool internal = false;
};

const json small = {{"subnets",
                     {{{"subnet", "192.0.2.16/28"},
                       {"gateway", "192.0.2.30"},
                       {"lease_range", {{"start_ip", "192.0.2.20"}, {"end_ip", "192.0.2.22"}}}}}},
                    {"network_interface", "br.web-1"},
                    {"options", {{"mtu", "1400"}}}};

json with(json network, const std::string& key, json value) {
    network[key] = std::move(value);
    return network;
}

std::vector<Case> cases() {
    return {
        {.title = "the built-in network",
         .request = "bridge",
         .bridge = "ocinet0",
         .gateway = "10.90.0.1/16",
         .interface = "eth0",
         .address = "10.90.0.2/16"},
        {.title = "a network file",
         .network = small,
         .request = "web",
         .bridge = "br.web-1",
         .gateway = "192.0.2.30/28",
         .interface = "eth0",
         .address = "192.0.2.20/28",
         .mtu = 1400},
        {.title = "everything named",
         .network = small,
         .request = "web:ip=192.0.2.17,mac=02:00:00:00:AB:01,interface_name=lan.5",
         .bridge = "br.web-1",
         .gateway = "192.0.2.30/28",
         .interface = "lan.5",
         .address = "192.0.2.17/28",
         .mac = "02:00:00:00:ab:01",
         .mtu = 1400},
        {.title = "an internal network",
         .network = with(small, "internal", true),
         .request = "web",
         .bridge = "br.web-1",
         .gateway = "192.0.2.30/28",
         .interface = "eth0",
         .address = "192.0.2.20/28",
         .mtu = 1400,
         .internal = true},
    };
}

std::string derived_mac(const std::string& first, const std::string& address) {
    unsigned a = 0, b = 0, c = 0, d = 0;
    std::sscanf(address.c_str(), "%u.%u.%u.%u", &a, &b, &c, &d);
    char text[18];
    std::snprintf(text, sizeof text, "%s:0c:%02x:%02x:%02x:%02x", first.c_str(), a, b, c, d);
    return text;
}

bool is_up(const json& link) {
    return link["flags"].dump().find("\"UP\"") != std::string::npos;
}

void check_bridge(const Host& host, const Case& wanted) {
    INFO("the bridge");
    const json bridge = link(host, wanted.bridge);
    CHECK(bridge["linkinfo"]["info_kind"] == "bridge");
    CHECK(is_up(bridge));
    CHECK(bridge["ifalias"] == (wanted.network.is_null() ? "ocinet::bridge" : "ocinet::web"));
    CHECK(bridge["mtu"] == wanted.mtu);
    CHECK(bridge["address"] == derived_mac("02", wanted.gateway));
    CHECK(bridge["addr_assign_type"] == 3);
    CHECK(addresses(bridge) == std::vector<std::string>{wanted.gateway});
    CHECK(addresses(bridge, "inet6").empty());
    CHECK(setting(host, "ipv6/conf/" + wanted.bridge + "/disable_ipv6") == "1");
    CHECK(setting(host, "ipv4/conf/" + wanted.bridge + "/route_localnet") ==
          (wanted.internal ? "0" : "1"));
}

void check_host_end(const Host& host, const Container& box, const json& attached,
                    const Case& wanted) {
    INFO("the host's end");
    const json end = link(host, attached["host_interface"]);
    CHECK(end["linkinfo"]["info_kind"] == "veth");
    CHECK(is_up(end));
    CHECK(end["ifalias"] == "ocinet:" + box.id() + ":" + attached["network"].get<std::string>());
    CHECK(end["master"] == wanted.bridge);
    CHECK(end["linkinfo"]["info_slave_data"]["hairpin"] == true);
    CHECK(end["mtu"] == wanted.mtu);
    CHECK(end["num_tx_queues"] == 1);
    CHECK(end["num_rx_queues"] == 1);
    CHECK(end["address"] == derived_mac("fe", wanted.address));
    CHECK(end["addr_assign_type"] == 3);
    CHECK(end["addr_info"].empty());
    const std::string name = attached["host_interface"];
    CHECK(setting(host, "ipv6/conf/" + name + "/disable_ipv6") == "1");
}

void check_container_end(const Container& box, const json& attached, const Case& wanted) {
    INFO("the container's end");
    const json end = link(box, wanted.interface);
    CHECK(is_up(end));
    CHECK(end["mtu"] == wanted.mtu);
    CHECK(end["num_tx_queues"] == 1);
    CHECK(end["num_rx_queues"] == 1);
    CHECK(end["address"] == (wanted.mac.empty() ? derived_mac("02", wanted.address) : wanted.mac));
    CHECK(end["address"] == attached["mac"]);
    CHECK(end["addr_assign_type"] == 3);
    CHECK(addresses(end) == std::vector<std::string>{wanted.address});
    CHECK(addresses(end, "inet6").empty());
    // Its sysctls stand under its name, dots and all.
    CHECK(setting(box, "ipv6/conf/" + wanted.interface + "/disable_ipv6") == "1");
    CHECK(link(box, "lo")["flags"].dump().find("\"UP\"") != std::string::npos);
}

std::string without_length(const std::string& prefix) {
    return prefix.substr(0, prefix.find('/'));
}

} // namespace

TEST_CASE("the result tells what the kernel has") {
    const Case wanted = GENERATE(from_range(cases()));
    CAPTURE(wanted.title);
    const Host host;
    if (!wanted.network.is_null()) {
        host.write_network("web", wanted.network);
    }
    const auto before = host.snapshot();
    const Container box(host, {{"io.ocinet.network", wanted.request}});
    const json result = box.attach();
    CHECK(result["id"] == box.id());
    const json attached = only_attachment(result);
    CHECK(attached["driver"] == "bridge");
    CHECK(attached["interface"] == wanted.interface);
    CHECK(attached["addresses"] == json{wanted.address});
    CHECK(attached["gateways"] ==
          (wanted.internal ? json::array() : json::array({without_length(wanted.gateway)})));
    CHECK(attached["ports"].empty());
    check_bridge(host, wanted);
    check_host_end(host, box, attached, wanted);
    check_container_end(box, attached, wanted);
    const json routes = ip(box, "-4 route show default");
    REQUIRE(routes.size() == (wanted.internal ? 0 : 1));
    if (!wanted.internal) {
        CHECK(routes[0]["gateway"] == without_length(wanted.gateway));
        CHECK(routes[0]["dev"] == wanted.interface);
    }
    CHECK(differences(host, box).empty());
    box.detach();
    CHECK(leftovers(host) == nothing_left);
    const auto after = host.snapshot();
    for (const char* part : {"links", "addresses", "routes", "bridge", "fdb"}) {
        CHECK(difference(before[part], after[part]) == no_difference);
    }
}

TEST_CASE("nothing changes outside the container's interface and the network's own things") {
    const Host host;
    // With forwarding on already: turning it on is remembered until the next boot.
    host.sh("echo 1 >/proc/sys/net/ipv4/ip_forward; ip link add name br0 address 02:00:00:00:00:01 "
            "type bridge; ip link set br0 up; "
            "ip address add 198.51.100.1/24 dev br0; nft 'add table ip mine; add chain ip mine c { "
            "type filter hook forward priority 0; }'");
    const Container other(host);
    const auto host_before = host.snapshot();
    const auto other_before = other.snapshot();
    const Container box(host, published);
    box.attach();
    const auto during = host.snapshot();
    for (const char* kind : {"links", "addresses"}) {
        for (const char* name : {"lo", "br0"}) {
            CHECK(during[kind].value(name, json()) == host_before[kind].value(name, json()));
        }
    }
    CHECK(during["nft"].dump().find("\"mine\"") != std::string::npos);
    CHECK(setting(host, "ipv4/conf/default/route_localnet") == "0");
    CHECK(setting(host, "ipv6/conf/default/disable_ipv6") ==
          host_before["sysctl"]["net/ipv6/conf/default/disable_ipv6"].get<std::string>());
    CHECK(difference(other_before, other.snapshot()) == no_difference);
    box.detach();
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("the routes of the network file") {
    const Host host;
    json network = small;
    network["routes"] = {
        {{"destination", "198.51.100.0/24"}, {"gateway", "192.0.2.29"}},
        {{"destination", "203.0.113.0/25"}, {"gateway", "192.0.2.28"}, {"metric", 77}}};
    host.write_network("web", network);
    const Container box(host, {{"io.ocinet.network", "web"}});
    box.attach();
    json routes = ip(box, "-4 route show 198.51.100.0/24");
    REQUIRE(routes.size() == 1);
    CHECK(routes[0]["gateway"] == "192.0.2.29");
    CHECK(routes[0]["dev"] == "eth0");
    CHECK_FALSE(routes[0].contains("metric"));
    routes = ip(box, "-4 route show 203.0.113.0/25");
    REQUIRE(routes.size() == 1);
    CHECK(routes[0]["gateway"] == "192.0.2.28");
    CHECK(routes[0]["metric"] == 77);
    CHECK(ip(box, "-4 route show default").size() == 1);
    CHECK(differences(host, box).empty());
}

TEST_CASE("lo comes up where nobody raised it") {
    const std::string network = GENERATE("bridge", "none");
    CAPTURE(network);
    const Host host;
    const Container box(host, {{"io.ocinet.network", network}});
    box.sh("ip link set lo down");
    box.attach();
    CHECK(link(box, "lo")["flags"].dump().find("\"UP\"") != std::string::npos);
    CHECK(addresses(link(box, "lo")) == std::vector<std::string>{"127.0.0.1/8"});
}

TEST_CASE("the ports of the result") {
    const Host host;
    const Container box(host,
                        {{"io.ocinet.publish", "8080:80,127.0.0.1:5353:53/udp,"
                                               "9000-9010:9000-9010,7000-7002:7100-7102,443"}});
    const json ports = only_attachment(box.attach())["ports"];
    REQUIRE(ports.size() == 5);
    CHECK(ports[0] == "80/tcp -> 0.0.0.0:8080");
    CHECK(ports[1] == "53/udp -> 127.0.0.1:5353");
    CHECK(ports[2] == "9000-9010/tcp -> 0.0.0.0:9000-9010");
    CHECK(ports[3] == "7100-7102/tcp -> 0.0.0.0:7000-7002");
    const std::string head = "443/tcp -> 0.0.0.0:";
    REQUIRE(ports[4].get<std::string>().starts_with(head));
    const int random = std::stoi(ports[4].get<std::string>().substr(head.size()));
    int low = 0, high = 0;
    std::sscanf(setting(host, "ipv4/ip_local_port_range").c_str(), "%d\t%d", &low, &high);
    CHECK((random < low || random > high));
    CHECK(differences(host, box).empty());
}

} // namespace ocinet::test
