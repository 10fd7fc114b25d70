// SPDX-License-Identifier: GPL-2.0-or-later
// Networks of one VLAN, on a bridge of ours and on an operator's.
#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

constexpr const char* cannot = "this kernel cannot keep a bridge's VLANs apart";

bool keeps_vlans_apart(const Host& host) {
    return host.run("ip link add probe type bridge vlan_filtering 1 && ip link del probe").status ==
           0;
}

json network(const std::string& vlan, const std::string& mode = "managed") {
    return {{"subnets", {{{"subnet", "10.7.0.0/24"}}}},
            {"network_interface", "br9"},
            {"options", {{"vlan", vlan}, {"mode", mode}}}};
}

Annotations at(const std::string& name, const std::string& address) {
    return {{"io.ocinet.network", name + ":ip=" + address}};
}

// A machine with an address in VLAN `vlan`, at the other end of a trunk of the bridge br9.
void add_trunk(const Host& host, const Place& machine, const std::string& vlan) {
    host.sh("ip link add trunk type veth peer name far netns " + std::to_string(machine.pid()) +
            "; ip link set trunk master br9 up; bridge vlan add dev trunk vid " + vlan);
    machine.sh("ip link set far up; ip link add link far name lan type vlan id " + vlan +
               "; ip link set lan up; ip address add 10.7.0.200/24 dev lan");
}

} // namespace

TEST_CASE("a kernel that cannot keep VLANs apart is told of, and nothing is left") {
    const Host host;
    if (keeps_vlans_apart(host)) {
        SKIP("this kernel can");
    }
    host.write_network("web", network("10"));
    const Container box(host, {{"io.ocinet.network", "web"}});
    const auto before = host.snapshot();
    const Result result = call_hook(host, box.state("createRuntime").dump(), {});
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("CONFIG_BRIDGE_VLAN_FILTERING"));
    CHECK(difference(before, host.snapshot()) == no_difference);
}

TEST_CASE("a bridge of ours in a VLAN", "[guest]") {
    const Host host;
    if (!keeps_vlans_apart(host)) {
        SKIP(cannot);
    }
    host.write_network("web", network("10"));
    const Container first(host, at("web", "10.7.0.2"));
    const Container second(host, at("web", "10.7.0.3"));
    const Container machine(host, {});
    first.attach();
    second.attach();
    CHECK(reaches(first, "10.7.0.3"));
    CHECK(reaches(first, "10.7.0.1"));
    CHECK(reaches(host, "10.7.0.3"));
    add_trunk(host, machine, "10");
    host.sh("bridge vlan add dev trunk vid 10"); // with its tag, unlike what the bridge gave it
    CHECK(reaches(machine, "10.7.0.2"));
    CHECK(reaches(machine, "10.7.0.1"));
    CHECK(differences(host, first).empty());
    // Somebody changed it: the next container puts it back.
    host.sh("ip link set br9 type bridge vlan_filtering 0");
    REQUIRE(differences(host, first).size() == 1);
    CHECK(differences(host, first)[0] ==
          "network \"web\" (bridge): bridge br9 does not keep to VLAN 10");
    const Container third(host, at("web", "10.7.0.4"));
    third.attach();
    CHECK(differences(host, first).empty());
    host.sh("ip link del trunk");
    for (const Container* box : {&first, &second, &third}) {
        box->detach();
    }
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("access ports of an operator's bridge", "[guest]") {
    const Host host;
    if (!keeps_vlans_apart(host)) {
        SKIP(cannot);
    }
    host.sh("ip link add br9 type bridge vlan_filtering 1; ip link set br9 up");
    host.write_network("web", network("10", "unmanaged"));
    host.write_network("db", network("20", "unmanaged"));
    host.write_network("plain", network("1", "unmanaged"));
    const Container first(host, at("web", "10.7.0.2"));
    const Container second(host, at("web", "10.7.0.3"));
    const Container other(host, at("db", "10.7.0.4"));
    const Container plain(host, at("plain", "10.7.0.5"));
    const Container machine(host, {});
    const json attached = only_attachment(first.attach());
    for (const Container* box : {&second, &other, &plain}) {
        box->attach();
    }
    add_trunk(host, machine, "10");
    CHECK(reaches(first, "10.7.0.3"));
    CHECK(reaches(machine, "10.7.0.2"));
    CHECK_FALSE(reaches(first, "10.7.0.4"));
    CHECK_FALSE(reaches(other, "10.7.0.200"));
    CHECK_FALSE(reaches(plain, "10.7.0.2"));
    CHECK(differences(host, first).empty());
    CHECK(differences(host, plain).empty());
    // What the first hears of the bridge's other VLANs: nothing.
    const std::string port = attached["host_interface"];
    CHECK(json::parse(host.sh("bridge -j vlan show dev " + port))[0]["vlans"] ==
          json::parse(R"([{"vlan":10,"flags":["PVID","Egress Untagged"]}])"));
    host.sh("bridge vlan add dev " + port + " vid 20");
    CHECK(differences(host, first) ==
          std::vector<std::string>{"network \"web\" (bridge): link " + port +
                                   " is no access port of VLAN 10"});
    for (const Container* box : {&first, &second, &other, &plain}) {
        box->detach();
    }
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("an operator's bridge that keeps no VLANs apart") {
    const Host host;
    // Without IPv6, whose addresses would come by and by.
    host.sh("ip link add br9 type bridge; echo 1 >/proc/sys/net/ipv6/conf/br9/disable_ipv6; "
            "ip link set br9 up");
    host.write_network("web", network("10", "unmanaged"));
    const Container box(host, {{"io.ocinet.network", "web"}});
    const auto before = host.snapshot();
    const Result result = call_hook(host, box.state("createRuntime").dump(), {});
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("the bridge br9 does not keep VLANs apart") &&
                               contains("ip link set dev br9 type bridge vlan_filtering 1"));
    CHECK(difference(before, host.snapshot()) == no_difference);
}

} // namespace ocinet::test
