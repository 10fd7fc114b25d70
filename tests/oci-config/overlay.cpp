// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/overlay.h"

#include <nlohmann/json.hpp>

#include "oci-config/network.h"
#include "tests/base/caught.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocinet::oci {

namespace {

using nlohmann::json;
using test::caught;

json alpha() {
    return {{"name", "alpha"},
            {"address", "192.0.2.1"},
            {"ranges", {"10.95.1.0/24", "fd95::1:0/112"}},
            {"endpoints", json::array({{{"addresses", {"10.95.1.5", "fd95::1:5"}},
                                        {"mac", "02:00:00:00:00:05"}}})}};
}

json beta() {
    return {{"name", "beta"}, {"address", "192.0.2.2"}, {"ranges", {"10.95.2.0/24"}}};
}

json file(const json& hosts, const json& options = {{"vni", "95"}}) {
    return {{"driver", "overlay"},
            {"subnets", {{{"subnet", "10.95.0.0/16"}}, {{"subnet", "fd95::/64"}}}},
            {"options", options},
            {"hosts", hosts}};
}

Network parsed(const json& network) {
    return parse_network(network.dump(), "web", "web.json");
}

std::string fault(const json& network) {
    return caught([&] { parsed(network); }).message();
}

json alpha_with(const std::string& key, const json& value) {
    json host = alpha();
    host[key] = value;
    return file({host, beta()});
}

json endpoint(const json& members) {
    return alpha_with("endpoints", json::array({members}));
}

} // namespace

TEST_CASE("an overlay network's hosts and options are read") {
    const Network network =
        parsed(file({alpha(), beta()}, {{"vni", "16777215"}, {"port", "8472"}, {"icc", "false"}}));
    REQUIRE(network.overlay);
    CHECK(network.overlay->vni == 16777215);
    CHECK(network.overlay->port == 8472);
    CHECK_FALSE(network.icc);
    CHECK(network.interface == "oc-web");
    REQUIRE(network.overlay->hosts.size() == 2);
    const auto& host = network.overlay->hosts[0];
    CHECK(host.name == "alpha");
    CHECK(host.address.text() == "192.0.2.1");
    REQUIRE(host.ranges.size() == 2);
    CHECK(host.ranges[1].text() == "fd95::1:0/112");
    REQUIRE(host.endpoints.size() == 1);
    CHECK(host.endpoints[0].addresses.size() == 2);
    CHECK(host.endpoints[0].mac == Mac::parse("02:00:00:00:00:05"));
    CHECK(parsed(file(json::array({alpha()}))).overlay->port == 4789); // RFC 7348, section 8
    CHECK_FALSE(parsed({{"subnets", {{{"subnet", "10.1.0.0/24"}}}}}).overlay);
}

TEST_CASE("an overlay network's faults are told with their place") {
    const json both = {alpha(), beta()};
    CHECK(fault(file(both, json::object())) ==
          "web.json: options: vni: a network with control=static must name its VNI");
    CHECK(fault(file(both, {{"vni", "0"}})) ==
          R"(web.json: options: vni: "0" is not between 1 and 16777215)");
    CHECK(fault(file(both, {{"vni", "16777216"}})) ==
          R"(web.json: options: vni: "16777216" is not between 1 and 16777215)");
    CHECK(fault(file(both, {{"control", "evpn"}})) ==
          "web.json: options: vni: a network with control=evpn must name its VNI");
    CHECK(
        fault(file(both, {{"vni", "9"}, {"control", "evpn"}})) ==
        "web.json: hosts: \"alpha\" names endpoints: with control=evpn the hosts' routing daemons "
        "find them");
    for (const char* control : {"static", "evpn"}) {
        CHECK(fault(file(both, {{"vni", "9"}, {"control", control}, {"encrypted", "true"}})) ==
              "web.json: options: encrypted: needs control=etcd, by which hosts learn each other's "
              "keys");
    }
    CHECK(fault(file(both, {{"vni", "9"}, {"port", "0"}})) ==
          R"(web.json: options: port: "0" is not between 1 and 65535)");
    CHECK(fault(file(both, {{"vni", "9"}, {"control", "telepathy"}})) ==
          R"(web.json: options: control: "telepathy" is none of static, etcd, evpn)");
    for (const char* size : {"65", "3", "2", "131072", "x"}) {
        CHECK_THAT(fault(file(both, {{"vni", "9"}, {"control", "etcd"}, {"block_size", size}})),
                   test::contains("web.json: options: block_size: "));
    }
    for (const char* key : {"mode", "vlan"}) {
        CHECK(fault(file(both, {{"vni", "9"}, {key, "10"}})) ==
              std::string("web.json: options: ") + key + ": unknown key");
    }
    CHECK(fault(file(json::array())) == "web.json: hosts: an overlay network names its hosts");
    json without_subnet = file(both);
    without_subnet.erase("subnets");
    CHECK(fault(without_subnet) == "web.json: subnets: an overlay network has one at least");
    CHECK(fault({{"subnets", {{{"subnet", "10.1.0.0/24"}}}}, {"hosts", both}}) ==
          "web.json: hosts: unknown key");
}

TEST_CASE("an overlay host's faults are told with their place") {
    const std::string host = "web.json: hosts[0]";
    CHECK(fault(alpha_with("name", "")) == host + ": name: a host has one");
    CHECK(fault(alpha_with("address", "x")) == host + R"(: address: "x" is not an IP address)");
    for (const char* address : {"0.0.0.0", "127.0.0.1", "224.0.0.1"}) {
        CHECK(fault(alpha_with("address", address)) ==
              host + ": address: " + address + " is no host's");
    }
    CHECK(fault(alpha_with("ranges", {"10.95.1.5/24"})) ==
          host + R"(: ranges: "10.95.1.5/24" is not a prefix like 10.1.0.0/24)");
    CHECK(fault(alpha_with("ranges", {"10.96.0.0/24"})) ==
          host + ": ranges: 10.96.0.0/24 lies in none of the network's subnets");
    CHECK(fault(alpha_with("ranges", {"10.0.0.0/8"})) ==
          host + ": ranges: 10.0.0.0/8 lies in none of the network's subnets");
    CHECK(fault(alpha_with("ranges", {"10.95.1.0/24", "10.95.1.128/25"})) ==
          host + ": ranges: 10.95.1.0/24 and 10.95.1.128/25 overlap");
    CHECK(fault(alpha_with("ranges", {"10.95.255.255/32"})) ==
          host + ": ranges: 10.95.255.255/32 has no address that may be given out");
    CHECK(fault(alpha_with("colour", "red")) == host + ": colour: unknown key");

    CHECK(fault(endpoint({{"addresses", {"10.95.2.5"}}})) ==
          host + ".endpoints[0]: addresses: 10.95.2.5 is no container's of this host");
    CHECK(fault(endpoint({{"addresses", {"fd95::1:0"}}, {"mac", "x"}})) ==
          host + R"(.endpoints[0]: mac: "x" is no interface's MAC address)");
    CHECK(fault(endpoint({{"addresses", json::array()}})) ==
          host + ".endpoints[0]: addresses: an endpoint has one at least");
    CHECK(fault(endpoint({{"addresses", {"10.95.1.5"}}, {"mac", "01:00:5e:00:00:01"}})) ==
          host + R"(.endpoints[0]: mac: "01:00:5e:00:00:01" is no interface's MAC address)");
}

TEST_CASE("what two overlay hosts cannot both have") {
    const auto fault_with = [](const std::string& key, const json& value) {
        json second = beta();
        second[key] = value;
        return fault(file({alpha(), second}));
    };
    CHECK(fault_with("name", "alpha") == R"(web.json: hosts: two are called "alpha")");
    CHECK(fault_with("address", "192.0.2.1") ==
          R"(web.json: hosts: "alpha" and "beta" have the address 192.0.2.1)");
    CHECK(fault_with("address", "2001:db8::2") ==
          R"(web.json: hosts: the addresses of "alpha" and "beta" are of different families)");
    CHECK(fault_with("ranges", {"10.95.0.0/23"}) ==
          R"(web.json: hosts: the ranges 10.95.1.0/24 and 10.95.0.0/23 of "alpha" and "beta" )"
          "overlap");
    json host = alpha();
    host["endpoints"].push_back({{"addresses", {"10.95.1.5"}}});
    CHECK(fault(file(json::array({host}))) == "web.json: hosts[0]: endpoints: two have 10.95.1.5");
    // The gateway is on every host.
    host["ranges"] = {"10.95.0.0/24"};
    host["endpoints"] = json::array({{{"addresses", {"10.95.0.1"}}}});
    CHECK(fault(file(json::array({host}))) ==
          "web.json: hosts[0].endpoints[0]: addresses: 10.95.0.1 is no container's of this host");
}

TEST_CASE("a file that says otherwise than etcd does is refused") {
    const std::string no_problem = "nothing was thrown";
    const test::TempDir directory;
    test::write_text(directory / "blue.json", R"({"subnets": [{"subnet": "10.95.0.0/16"}],
        "vni": "9", "hosts": [], "port": "4789", "encrypted": "false"})");
    const auto completed = [&](const json& subnet, const json& options) {
        json text = {{"driver", "overlay"}, {"options", {{"control", "etcd"}}}};
        text["options"].update(options);
        if (!subnet.is_null()) {
            text["subnets"] = json::array({subnet});
        }
        const std::string problem =
            test::message_of([&] { complete(text, "blue", directory.path()); });
        CHECK((problem == no_problem) ==
              (text["subnets"] == json::array({{{"subnet", "10.95.0.0/16"}}})));
        return problem;
    };
    CHECK(completed(nullptr, json::object()) == no_problem);
    CHECK(completed({{"subnet", "10.95.0.0/16"}, {"gateway", "10.95.0.1"}},
                    {{"vni", "9"}, {"port", "4789"}, {"encrypted", "false"}}) == no_problem);
    const std::string other = ": etcd has another for this network";
    const std::string network = "network \"blue\" (overlay): ";
    CHECK(completed({{"subnet", "10.94.0.0/16"}}, json::object()) == network + "subnets" + other);
    CHECK(completed({{"subnet", "10.95.0.0/16"}, {"gateway", "10.95.0.9"}}, json::object()) ==
          network + "subnets" + other);
    CHECK(completed(nullptr, {{"vni", "10"}}) == network + "options: vni" + other);
    CHECK(completed(nullptr, {{"port", "4790"}}) == network + "options: port" + other);
    CHECK(completed(nullptr, {{"encrypted", "true"}}) == network + "options: encrypted" + other);
}

} // namespace ocinet::oci
