// SPDX-License-Identifier: GPL-2.0-or-later
// Containers on the network of an interface of the host's, by macvlan.
#include <sys/utsname.h>

#include <csignal>
#include <cstdio>

#include "tests/kernel/guest.h"
#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

json network(const json& options = json::object(), const std::string& parent = "lan0") {
    json file = {{"driver", "macvlan"},
                 {"subnets", {{{"subnet", "192.0.2.0/24"}, {"gateway", "192.0.2.1"}}}},
                 {"options", options}};
    if (!parent.empty()) {
        file["network_interface"] = parent;
    }
    return file;
}

/// A host on a LAN, with the LAN's router at the other end of the cable.
class Lan {
public:
    explicit Lan(const json& file = network()) {
        host.connect(router, "lan0", "192.0.2.10/24", "192.0.2.1/24");
        host.write_network("lan", file);
    }

    Container container(const std::string& address) const {
        return Container(host, {{"io.ocinet.network", "lan:ip=" + address}});
    }

    Host host;
    Host router;
};

std::string mode(const Place& place) {
    return link(place, "eth0")["linkinfo"]["info_data"]["mode"];
}

} // namespace

TEST_CASE("containers on a LAN by macvlan") {
    const Lan lan;
    const auto before = lan.host.snapshot();
    const Container first = lan.container("192.0.2.20");
    const Container second = lan.container("192.0.2.21");
    const json attached = only_attachment(first.attach());
    second.attach();
    CHECK(attached["mac"] == link(first, "eth0")["address"]);
    CHECK(attached["gateways"] == json({"192.0.2.1"}));
    CHECK(mode(first) == "bridge");
    CHECK(link(first, "eth0")["ifalias"] == "ocinet:" + first.id() + ":lan");
    CHECK(reaches(first, "192.0.2.21"));
    CHECK(reaches(first, "192.0.2.1"));
    CHECK(reaches(lan.router, "192.0.2.20"));
    CHECK_FALSE(reaches(first, "192.0.2.10")); // the host: macvlan's old trait
    CHECK(differences(lan.host, first).empty());
    first.detach();
    CHECK(reaches(second, "192.0.2.1"));
    second.detach();
    CHECK(leftovers(lan.host) == nothing_left);
    // The kernel ends the container's namespace, and what is in it, in the background.
    CHECK(eventually([&] { return difference(before, lan.host.snapshot()) == no_difference; }));
}

TEST_CASE("a container starts again while the kernel still has what it had") {
    const std::string mode = GENERATE("bridge", "passthru");
    CAPTURE(mode);
    const Lan lan(network({{"mode", mode}}));
    const Annotations same = {
        {"io.ocinet.network",
         std::string("lan:ip=192.0.2.20") + (mode == "bridge" ? ",mac=02:00:00:00:00:77" : "")}};
    Container first(lan.host, same);
    first.attach();
    const Process holder = hold_netns(lan.host, first);
    first.kill();
    first.detach();
    const Container second(lan.host, same);
    CHECK(attach_after(lan.host, second, holder) == 0);
    CHECK(reaches(second, "192.0.2.1"));
    second.detach();
    CHECK(leftovers(lan.host) == nothing_left);
}

TEST_CASE("who reaches whom in the modes of macvlan") {
    struct Row {
        const char* mode;
        bool neighbours;
    };
    const Row row = GENERATE(values<Row>({{"private", false}, {"vepa", false}, {"bridge", true}}));
    CAPTURE(row.mode);
    const Lan lan(network({{"mode", row.mode}}));
    const Container first = lan.container("192.0.2.20");
    const Container second = lan.container("192.0.2.21");
    first.attach();
    second.attach();
    CHECK(mode(first) == row.mode);
    CHECK(reaches(first, "192.0.2.1"));
    CHECK(reaches(first, "192.0.2.21") == row.neighbours);
}

TEST_CASE("with host_access the host and its containers reach each other") {
    auto file = network({{"host_access", "true"}});
    file["subnets"].push_back({{"subnet", "2001:db8:7::/64"}, {"gateway", "2001:db8:7::1"}});
    const Lan lan(file);
    lan.host.sh("ip address add 2001:db8:7::10/64 dev lan0 nodad");
    const auto before = lan.host.snapshot();
    const std::string both = "lan:ip=192.0.2.20,ip=2001:db8:7::20";
    const Container first(lan.host, {{"io.ocinet.network", both}});
    const Container second = lan.container("192.0.2.21");
    first.attach();
    second.attach();
    CHECK(reaches(lan.host, "192.0.2.20"));
    CHECK(reaches(lan.host, "192.0.2.21"));
    CHECK(reaches(lan.host, "2001:db8:7::20"));
    CHECK(reaches(first, "192.0.2.10"));
    CHECK(reaches(first, "2001:db8:7::10"));
    CHECK(reaches(first, "192.0.2.1"));
    // By the address that the network knows, whatever else the host has.
    CHECK_THAT(lan.host.sh("ip route get 192.0.2.20"), contains("dev oc-lan src 192.0.2.10"));
    CHECK(differences(lan.host, first).empty());
    lan.host.sh("ip route del 192.0.2.20 dev oc-lan");
    CHECK(differences(lan.host, first) ==
          std::vector<std::string>{
              "network \"lan\" (macvlan): the host lacks the route to 192.0.2.20"});
    lan.host.sh("ip link set oc-lan down");
    CHECK(lan.host.run(cli_program() + " check --repair").status == 3);
    CHECK(differences(lan.host, first).empty());
    CHECK(differences(lan.host, second).empty());
    CHECK(reaches(lan.host, "192.0.2.20"));
    first.detach();
    CHECK(reaches(lan.host, "192.0.2.21"));
    CHECK_FALSE(reaches(lan.host, "192.0.2.20"));
    second.detach();
    CHECK(leftovers(lan.host) == nothing_left);
    CHECK(eventually([&] { return difference(before, lan.host.snapshot()) == no_difference; }));
}

TEST_CASE("an interface of the host's that is called like its own among macvlans is left alone") {
    const Lan lan(network({{"host_access", "true"}}));
    lan.host.sh("ip link add oc-lan type bridge");
    CHECK_THAT(refusal(lan.host, lan.container("192.0.2.20")),
               contains("the host has an interface oc-lan already"));
}

TEST_CASE("mode passthru gives the whole interface to one container") {
    const Lan lan(network({{"mode", "passthru"}}));
    const std::string mac = link(lan.host, "lan0")["address"];
    Container first = lan.container("192.0.2.20");
    const Container second = lan.container("192.0.2.21");
    CHECK(only_attachment(first.attach())["mac"] == mac);
    CHECK(link(first, "eth0")["address"] == mac);
    CHECK(reaches(first, "192.0.2.1"));
    CHECK_THAT(refusal(lan.host, second), contains("interface lan0 carries passthru of container " +
                                                   first.id() + ", which shares it with none"));
    lan.host.write_network("shared", network());
    const Container third(lan.host, {{"io.ocinet.network", "shared"}});
    CHECK_THAT(refusal(lan.host, third), contains("which goes with no macvlan"));
    // One that is dead is in nobody's way.
    crash(lan.host, first);
    second.attach();
    CHECK(reaches(second, "192.0.2.1"));
    second.detach();
    CHECK(link(lan.host, "lan0")["address"] == mac);
}

TEST_CASE("mode passthru takes no interface that macvlan shares") {
    const Lan lan;
    const Container first = lan.container("192.0.2.20");
    first.attach();
    lan.host.write_network("alone", network({{"mode", "passthru"}}));
    const Container second(lan.host, {{"io.ocinet.network", "alone"}});
    CHECK_THAT(refusal(lan.host, second), contains("interface lan0 carries macvlan of container " +
                                                   first.id() + ", which goes with no passthru"));
}

TEST_CASE("what another program has put on the parent is told by what the kernel says") {
    const Lan lan(network({{"mode", "passthru"}}));
    lan.host.sh("ip link add link lan0 name theirs type macvlan mode bridge");
    CHECK_THAT(refusal(lan.host, lan.container("192.0.2.20")),
               contains("ip link add link lan0 ") && contains("mode passthru shares with none"));
}

TEST_CASE("without a name the parent is the default route's interface") {
    const Lan lan(network({}, ""));
    const Container box = lan.container("192.0.2.20");
    CHECK_THAT(refusal(lan.host, box), contains("the host has no default route"));
    lan.host.sh("ip route add default via 192.0.2.1");
    box.attach();
    CHECK(reaches(box, "192.0.2.1"));
}

TEST_CASE("the host's own address is no container's") {
    const Lan lan;
    CHECK_THAT(refusal(lan.host, lan.container("192.0.2.10")),
               contains("address 192.0.2.10 is the host's own"));
    auto file = network();
    file["subnets"][0]["lease_range"] = {{"start_ip", "192.0.2.9"}, {"end_ip", "192.0.2.11"}};
    lan.host.write_network("lan", file);
    const Container first(lan.host, {{"io.ocinet.network", "lan"}});
    const Container second(lan.host, {{"io.ocinet.network", "lan"}});
    CHECK(only_attachment(first.attach())["addresses"] == json({"192.0.2.9/24"}));
    CHECK(only_attachment(second.attach())["addresses"] == json({"192.0.2.11/24"}));
}

TEST_CASE("a parent that cannot carry a macvlan is refused, and nothing is changed") {
    const Lan lan;
    const Container box = lan.container("192.0.2.20");
    SECTION("missing") {
        lan.host.write_network("lan", network({}, "lan9"));
        CHECK_THAT(refusal(lan.host, box), contains("interface lan9 is not there"));
    }
    SECTION("in another namespace") {
        lan.host.sh("ip link add here type veth peer name there netns " +
                    std::to_string(lan.router.pid()));
        lan.host.write_network("lan", network({}, "there"));
        CHECK_THAT(refusal(lan.host, box), contains("interface there is not there"));
    }
    SECTION("down") {
        lan.host.sh("ip link set lan0 down");
        CHECK_THAT(refusal(lan.host, box),
                   contains("interface lan0 is down") && contains("ip link set dev lan0 up"));
    }
    SECTION("a bridge's port") {
        lan.host.sh("ip link add br9 type bridge; ip link set lan0 master br9");
        CHECK_THAT(refusal(lan.host, box), contains("interface lan0 is a port of another"));
    }
    SECTION("the loopback") {
        lan.host.write_network("lan", network({}, "lo"));
        CHECK_THAT(refusal(lan.host, box), contains("interface lo is the loopback"));
    }
    SECTION("too small") {
        lan.host.write_network("lan", network({{"mtu", "9000"}}));
        CHECK_THAT(refusal(lan.host, box), contains("mtu 9000 is more than that of lan0, 1500"));
    }
}

TEST_CASE("a macvlan does not stay in a namespace that outlives its container") {
    const Lan lan;
    lan.host.sh("ip netns add given");
    Guest box(lan.host, "/run/netns/given", {{"io.ocinet.network", "lan:ip=192.0.2.20"}});
    box.attach();
    CHECK(lan.host.run("ip -n given link show eth0").status == 0);
    box.end();
    CHECK(lan.host.run("ip -n given link show eth0").status != 0);
    CHECK(leftovers(lan.host) == nothing_left);
}

TEST_CASE("a macvlan stays as long as somebody lives in the namespace that it was made in") {
    const Lan lan;
    lan.host.sh("ip netns add given");
    Guest box(lan.host, "/run/netns/given", {{"io.ocinet.network", "lan:ip=192.0.2.20"}});
    Process inhabitant = lan.host.start("exec nsenter --net=/run/netns/given sh -c 'echo ready; "
                                        "exec sleep 1000'");
    inhabitant.wait_for_output("ready");
    box.attach();
    const auto is_there = [&] { return lan.host.run("ip -n given link show eth0").status == 0; };
    SECTION("and poststop has not come") {
        box.kill();
        lan.host.sh(cli_program() + " gc");
        CHECK(is_there());
    }
    SECTION("and poststop has come") {
        box.end();
        lan.host.sh(cli_program() + " gc");
        CHECK(is_there());
        inhabitant.signal(SIGKILL);
        inhabitant.wait();
        lan.host.sh(cli_program() + " gc");
        CHECK_FALSE(is_there());
        CHECK(leftovers(lan.host) == nothing_left);
    }
}

TEST_CASE("an interface that the container has already is not touched") {
    const Lan lan;
    const Container box = lan.container("192.0.2.20");
    box.sh("ip link add eth0 type bridge");
    CHECK_THAT(refusal(lan.host, box), contains("the container has an interface eth0 already"));
    CHECK(link(box, "eth0")["linkinfo"]["info_kind"] == "bridge");
}

TEST_CASE("check names what somebody changed of a macvlan") {
    const Lan lan;
    const Container box = lan.container("192.0.2.20");
    box.attach();
    const std::string name = "network \"lan\" (macvlan): the container's eth0 ";
    box.sh("ip link set eth0 type macvlan mode private");
    CHECK(differences(lan.host, box) ==
          std::vector<std::string>{name + "is no link of type macvlan mode bridge"});
    box.sh("ip link set eth0 type macvlan mode bridge; ip link set eth0 address 02:00:00:00:00:77");
    CHECK(differences(lan.host, box) ==
          std::vector<std::string>{name + "has address 02:00:00:00:00:77"});
    box.sh("ip link del eth0");
    CHECK_THAT(differences(lan.host, box)[0], contains("the container's eth0 is missing"));
}

// Linux 6.4 has it.
bool knows_bclim() {
    utsname system{};
    int version = 0;
    int patch = 0;
    ::uname(&system);
    return std::sscanf(system.release, "%d.%d", &version, &patch) == 2 &&
           (version > 6 || (version == 6 && patch >= 4));
}

TEST_CASE("a limit of queued broadcasts is set, or the kernel is said to know none") {
    const std::string limit = GENERATE("7", "0", "-1", "1"); // the last is the kernel's own
    CAPTURE(limit);
    const Lan lan(network({{"bclim", limit}}));
    const Container box = lan.container("192.0.2.20");
    const Result result = call_hook(lan.host, box.state("createRuntime").dump(), {});
    CAPTURE(result.err);
    if (knows_bclim() || limit == "1") {
        CHECK(result.status == 0);
        CHECK(differences(lan.host, box).empty());
    } else {
        CHECK_THAT(result.err, contains("this kernel knows no bclim"));
        CHECK(leftovers(lan.host) == nothing_left);
    }
}

TEST_CASE("an interface that a container has renamed goes with it all the same") {
    const Lan lan;
    lan.host.sh("ip netns add own");
    Container box(lan.host, {{"io.ocinet.network", "lan:ip=192.0.2.20"}});
    box.use_netns("/run/netns/own");
    box.attach();
    lan.host.sh("ip -n own link set eth0 down; ip -n own link set eth0 name x");
    box.detach();
    CHECK(lan.host.run("ip -n own link show x").status != 0);
    CHECK(leftovers(lan.host) == nothing_left);
}

TEST_CASE("one container does not use a parent in two ways") {
    const Lan lan;
    lan.host.write_network("alone", network({{"mode", "passthru"}}));
    CHECK_THAT(refusal(lan.host, Container(lan.host, {{"io.ocinet.network", "lan;alone"}})),
               contains("overlaps"));
    auto other = network({{"mode", "passthru"}});
    other["subnets"] = json::array({{{"subnet", "198.51.100.0/24"}}});
    lan.host.write_network("alone", other);
    CHECK_THAT(refusal(lan.host, Container(lan.host, {{"io.ocinet.network", "lan;alone"}})),
               contains("interface lan0 carries macvlan of this container, too, which goes with "
                        "no passthru"));
}

// mac80211_hwsim(Documentation/networking/mac80211_hwsim): a radio of software.
TEST_CASE("a Wi-Fi interface is refused as a macvlan's parent, and carries ipvlan", "[guest]") {
    if (!is_guest()) {
        SKIP("a radio cannot be made here");
    }
    const Host host;
    Process modprobe([] { exec_shell("modprobe mac80211_hwsim radios=1"); });
    REQUIRE(modprobe.wait().status == 0);
    Process move([&] {
        exec_shell("exec nsenter --net=/dev/first-netns iw phy phy0 set netns " +
                   std::to_string(host.pid()));
    });
    REQUIRE(move.wait().status == 0);
    host.sh("ip link set wlan0 up");
    host.write_network("lan", network(json::object(), "wlan0"));
    auto ipvlan = network(json::object(), "wlan0");
    ipvlan["driver"] = "ipvlan";
    host.write_network("ip", ipvlan);
    const std::string refused =
        refusal(host, Container(host, {{"io.ocinet.network", "lan:ip=192.0.2.20"}}));
    CHECK_THAT(refused, contains("interface wlan0 is Wi-Fi, which carries one MAC address only"));
    CHECK_THAT(refused, contains("hint: use the driver ipvlan"));
    const Container box(host, {{"io.ocinet.network", "ip:ip=192.0.2.20"}});
    box.attach();
    CHECK(link(box, "eth0")["address"] == link(host, "wlan0")["address"]);
    box.detach();
    CHECK(leftovers(host) == nothing_left);
}

} // namespace ocinet::test
