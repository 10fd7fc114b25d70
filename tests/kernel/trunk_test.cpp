// SPDX-License-Identifier: GPL-2.0-or-later
// Containers in a VLAN of a trunk: macvlan on the sub-interface of one of the host's interfaces.
#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

constexpr const char* cannot = "this kernel has no 802.1Q";

bool has_vlans(const Host& host) {
    return host.run("ip link add probe type veth; ip link add link probe name probe.1 type vlan "
                    "id 1; s=$?; ip link del probe; exit $s")
               .status == 0;
}

json network(const std::string& parent, const json& options = json::object()) {
    return {{"driver", "macvlan"},
            {"network_interface", parent},
            {"subnets", {{{"subnet", "10.7.0.0/24"}}}},
            {"options", options}};
}

/// A host and a switch's trunk: what has which tags is seen at the far end.
class Trunk {
public:
    Trunk() { host.connect(far, "lan0"); }

    Container container(const std::string& name, const std::string& address) const {
        return Container(host, {{"io.ocinet.network", name + ":ip=" + address}});
    }

    /// A machine's interface in the VLANs, the outer first: "50", "50.7" (802.1ad outside).
    void add_machine(const std::string& vlans, const std::string& address) const {
        const auto dot = vlans.find('.');
        if (dot == std::string::npos) {
            far.sh("ip link add link lan0 name lan0." + vlans + " type vlan id " + vlans);
        } else {
            const std::string outer = vlans.substr(0, dot);
            far.sh("ip link add link lan0 name lan0." + outer + " type vlan protocol 802.1ad id " +
                   outer + "; ip link set lan0." + outer + " up; ip link add link lan0." + outer +
                   " name lan0." + vlans + " type vlan id " + vlans.substr(dot + 1));
        }
        far.sh("ip link set lan0." + vlans + " up; ip address add " + address + "/24 dev lan0." +
               vlans);
    }

    Host host;
    Host far;
};

/// What tcpdump at the far end says of the frames of one echo request, with their tags.
std::string seen_on_the_wire(const Trunk& trunk, const Container& box, const std::string& to) {
    Process tcpdump =
        trunk.far.start("exec tcpdump -i lan0 -e -n -l -U --immediate-mode -c1 'ether src " +
                        std::string(link(box, "eth0")["address"]) + "' 2>&1");
    tcpdump.wait_for_output("listening on");
    reaches(box, to);
    return tcpdump.wait().out;
}

} // namespace

TEST_CASE("a kernel without 802.1Q is told of, and nothing is left") {
    const Trunk trunk;
    if (has_vlans(trunk.host)) {
        SKIP("this kernel has it");
    }
    trunk.host.write_network("lan", network("lan0.50"));
    const Container box = trunk.container("lan", "10.7.0.5");
    const auto before = trunk.host.snapshot();
    const Result result = call_hook(trunk.host, box.state("createRuntime").dump(), {});
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("CONFIG_VLAN_8021Q"));
    CHECK(difference(before, trunk.host.snapshot()) == no_difference);
}

TEST_CASE("containers of a VLAN on a trunk", "[guest]") {
    const Trunk trunk;
    if (!has_vlans(trunk.host)) {
        SKIP(cannot);
    }
    const auto before = trunk.host.snapshot();
    // By name, and by option: the same sub-interface, of two networks.
    trunk.host.write_network("lan", network("lan0.50"));
    auto second_network = network("lan0", {{"vlan", "50"}});
    second_network["subnets"] = {{{"subnet", "10.8.0.0/24"}}};
    trunk.host.write_network("other", second_network);
    trunk.add_machine("50", "10.7.0.200");
    const Container first = trunk.container("lan", "10.7.0.5");
    const Container second = trunk.container("other", "10.8.0.5");
    first.attach();
    CHECK(reaches(first, "10.7.0.200"));
    CHECK_THAT(seen_on_the_wire(trunk, first, "10.7.0.77"),
               contains("ethertype 802.1Q (0x8100)") && contains("vlan 50,"));
    CHECK(link(trunk.host, "lan0.50")["ifalias"] == "ocinet::lan0.50");
    second.attach();
    CHECK(differences(trunk.host, first).empty());
    first.detach();
    CHECK(trunk.host.run("ip link show lan0.50").status == 0);
    second.detach();
    CHECK(eventually([&] { return difference(before, trunk.host.snapshot()) == no_difference; }));
    CHECK(leftovers(trunk.host) == nothing_left);
}

TEST_CASE("containers of a VLAN in a provider's VLAN", "[guest]") {
    const Trunk trunk;
    if (!has_vlans(trunk.host)) {
        SKIP(cannot);
    }
    trunk.host.write_network("lan", network("lan0.50.7"));
    trunk.add_machine("50.7", "10.7.0.200");
    const Container first = trunk.container("lan", "10.7.0.5");
    const Container second = trunk.container("lan", "10.7.0.6");
    first.attach();
    second.attach();
    CHECK(reaches(first, "10.7.0.200"));
    CHECK_THAT(seen_on_the_wire(trunk, first, "10.7.0.77"),
               contains("ethertype 802.1Q-QinQ (0x88a8)") && contains("vlan 50,") &&
                   contains("vlan 7,"));
    first.detach();
    CHECK(reaches(second, "10.7.0.200"));
    second.detach();
    CHECK(leftovers(trunk.host) == nothing_left);
}

TEST_CASE("an operator's own sub-interface is used, and stays", "[guest]") {
    const Trunk trunk;
    if (!has_vlans(trunk.host)) {
        SKIP(cannot);
    }
    trunk.host.write_network("lan", network("lan0.50"));
    trunk.host.sh("ip link add link lan0 name lan0.50 type vlan id 60");
    const Container box = trunk.container("lan", "10.7.0.5");
    const auto before = trunk.host.snapshot();
    const Result result = call_hook(trunk.host, box.state("createRuntime").dump(), {});
    CHECK_THAT(result.err, contains("interface lan0.50 is down"));
    CHECK(difference(before, trunk.host.snapshot()) == no_difference);
    trunk.host.sh("ip link set lan0.50 up");
    trunk.add_machine("60", "10.7.0.200");
    box.attach();
    CHECK(reaches(box, "10.7.0.200"));
    box.detach();
    CHECK(trunk.host.run("ip link show lan0.50").status == 0);
}

TEST_CASE("a VLAN whose sub-interface has another name is told of", "[guest]") {
    const Trunk trunk;
    if (!has_vlans(trunk.host)) {
        SKIP(cannot);
    }
    trunk.host.write_network("lan", network("lan0.50"));
    trunk.host.sh("ip link add link lan0 name mine type vlan id 50");
    const Container box = trunk.container("lan", "10.7.0.5");
    const auto before = trunk.host.snapshot();
    const Result result = call_hook(trunk.host, box.state("createRuntime").dump(), {});
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("has a sub-interface of VLAN 50 under another name"));
    CHECK(difference(before, trunk.host.snapshot()) == no_difference);
}

} // namespace ocinet::test
