// SPDX-License-Identifier: GPL-2.0-or-later
// Containers on the network of an interface of the host's, by ipvlan.
#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

constexpr const char* cannot = "this kernel has no ipvlan";

bool has_ipvlan(const Host& host) {
    return host.run("ip link add probe type veth; ip link add link probe name probe1 type ipvlan; "
                    "s=$?; ip link del probe; exit $s")
               .status == 0;
}

json network(const json& options, const std::string& driver = "ipvlan") {
    return {{"driver", driver},
            {"network_interface", "lan0"},
            {"subnets", {{{"subnet", "192.0.2.0/24"}, {"gateway", "192.0.2.1"}}}},
            {"options", options}};
}

/// A host on a LAN, with the LAN's router at the other end of the cable.
class Lan {
public:
    explicit Lan(const json& file) {
        host.connect(router, "lan0", "192.0.2.10/24", "192.0.2.1/24");
        host.write_network("lan", file);
    }

    Container container(const std::string& address, const std::string& of = "lan") const {
        return Container(host, {{"io.ocinet.network", of + ":ip=" + address}});
    }

    Host host;
    Host router;
};

} // namespace

TEST_CASE("a kernel without ipvlan is told of, and nothing is left") {
    const Lan lan(network(json::object()));
    if (has_ipvlan(lan.host)) {
        SKIP("this kernel has it");
    }
    const Container box = lan.container("192.0.2.20");
    const auto before = lan.host.snapshot();
    const Result result = call_hook(lan.host, box.state("createRuntime").dump(), {});
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("CONFIG_IPVLAN"));
    CHECK(difference(before, lan.host.snapshot()) == no_difference);
}

TEST_CASE("who reaches whom in the modes of ipvlan", "[guest]") {
    struct Row {
        const char* mode;
        const char* flag;
        bool neighbours;
        bool outside;
    };
    // In l3 nobody asks for MAC addresses: the router finds the container by a route to the host.
    const Row row = GENERATE(values<Row>({{"l2", "bridge", true, true},
                                          {"l2", "private", false, true},
                                          {"l2", "vepa", false, true},
                                          {"l3", "bridge", true, true},
                                          {"l3", "private", false, true},
                                          {"l3s", "bridge", true, true}}));
    CAPTURE(row.mode, row.flag);
    const Lan lan(network({{"mode", row.mode}, {"flag", row.flag}}));
    if (!has_ipvlan(lan.host)) {
        SKIP(cannot);
    }
    if (std::string(row.mode) != "l2") {
        lan.router.sh("ip route add 192.0.2.20/31 via 192.0.2.10");
        lan.host.sh("echo 1 >/proc/sys/net/ipv4/ip_forward");
    }
    const auto before = lan.host.snapshot();
    const Container first = lan.container("192.0.2.20");
    const Container second = lan.container("192.0.2.21");
    const json attached = only_attachment(first.attach());
    second.attach();
    CHECK(attached["mac"] == link(lan.host, "lan0")["address"]);
    CHECK(link(first, "eth0")["linkinfo"]["info_data"]["mode"] == row.mode);
    CHECK(reaches(first, "192.0.2.21") == row.neighbours);
    CHECK(reaches(first, "192.0.2.1") == row.outside);
    CHECK(reaches(lan.router, "192.0.2.20") == row.outside);
    CHECK(differences(lan.host, first).empty());
    first.detach();
    second.detach();
    CHECK(eventually([&] { return difference(before, lan.host.snapshot()) == no_difference; }));
    CHECK(leftovers(lan.host) == nothing_left);
}

TEST_CASE("an address is used again while the kernel still has it", "[guest]") {
    const Lan lan(network(json::object()));
    if (!has_ipvlan(lan.host)) {
        SKIP(cannot);
    }
    Container first = lan.container("192.0.2.20");
    first.attach();
    const Process holder = hold_netns(lan.host, first);
    first.kill();
    first.detach();
    const Container second = lan.container("192.0.2.20");
    CHECK(attach_after(lan.host, second, holder) == 0);
    CHECK(reaches(second, "192.0.2.1"));
    second.detach();
    CHECK(leftovers(lan.host) == nothing_left);
}

TEST_CASE("ipvlans of one parent have one mode and one flag", "[guest]") {
    const Lan lan(network({{"mode", "l2"}, {"flag", "private"}}));
    if (!has_ipvlan(lan.host)) {
        SKIP(cannot);
    }
    const json other =
        GENERATE(json({{"mode", "l2"}}), json({{"mode", "l3"}, {"flag", "private"}}));
    lan.host.write_network("other", network(other));
    const Container first = lan.container("192.0.2.20");
    const Container second = lan.container("192.0.2.21");
    first.attach();
    second.attach();
    const Container third = lan.container("192.0.2.22", "other");
    const Result result = call_hook(lan.host, third.state("createRuntime").dump(), {});
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("interface lan0 carries ipvlan-l2-private of container "));
    CHECK(differences(lan.host, first).empty());
    CHECK_FALSE(reaches(first, "192.0.2.21"));
    first.detach();
    second.detach();
    third.attach();
    CHECK(differences(lan.host, third).empty());
}

TEST_CASE("macvlan and ipvlan do not share a parent", "[guest]") {
    const Lan lan(network(json::object()));
    if (!has_ipvlan(lan.host)) {
        SKIP(cannot);
    }
    lan.host.write_network("mac", network(json::object(), "macvlan"));
    const Container on_ipvlan = lan.container("192.0.2.20");
    const Container on_macvlan = lan.container("192.0.2.21", "mac");
    on_ipvlan.attach();
    const Result result = call_hook(lan.host, on_macvlan.state("createRuntime").dump(), {});
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("interface lan0 carries ipvlan-l2-bridge of container " +
                                    on_ipvlan.id() + ", which goes with no macvlan"));
    on_ipvlan.detach();
    on_macvlan.attach();
    const Result other_way = call_hook(lan.host, on_ipvlan.state("createRuntime").dump(), {});
    CHECK(other_way.status == 1);
    CHECK_THAT(other_way.err, contains("carries macvlan of container " + on_macvlan.id()));
    // And with what is not ours the kernel says it.
    on_macvlan.detach();
    lan.host.sh("ip link add link lan0 name theirs type macvlan mode bridge");
    const Result theirs = call_hook(lan.host, on_ipvlan.state("createRuntime").dump(), {});
    CHECK(theirs.status == 1);
    CHECK_THAT(theirs.err, contains("it carries macvlan interfaces"));
}

} // namespace ocinet::test
