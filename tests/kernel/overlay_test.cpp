// SPDX-License-Identifier: GPL-2.0-or-later
// One network over several hosts, whose hosts and containers stand in the network's file.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

#include "netsetup/base/error.h"
#include "netsetup/base/fd.h"
#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"
#include "tests/support/underlay.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

/// What goes over the wire between the hosts while `act` runs, an answered ping among it; the
/// tunnels' contents included.
std::string frames_during(const Underlay& net, const std::function<void()>& act) {
    Process capture = net.wire.start("exec tcpdump --immediate-mode -lnei switch0 udp port 4789");
    const auto captures = [&] { return capture.err().find("listening on") != std::string::npos; };
    if (!eventually(captures)) {
        throw Error("tcpdump does not start: " + capture.err());
    }
    act();
    eventually([&] { return capture.out().find("echo reply") != std::string::npos; });
    capture.signal(SIGINT);
    return capture.wait().out;
}

} // namespace

TEST_CASE("containers on two hosts are one network") {
    const int underlay = GENERATE(4, 6);
    const auto families = GENERATE(values<std::vector<int>>({{4}, {6}}));
    const bool v4 = families.front() == 4;
    CAPTURE(underlay, v4);
    const Underlay net(2);
    net.write_network("blue", net.network({{"vni", "95"}}, families, {}, underlay));
    const Container here = net.container(1, "blue");
    const Container there = net.container(2, "blue");
    const json attached = only_attachment(here.attach());
    there.attach();
    const std::string mine = v4 ? "10.95.1." : "fd95::1:";
    CHECK_THAT(attached["addresses"][0].get<std::string>(), Catch::StartsWith(mine));
    const auto address_of = [&](const Container& box) {
        const std::string text = addresses(link(box, "eth0"), v4 ? "inet" : "inet6").front();
        return text.substr(0, text.find('/'));
    };
    CHECK(reaches(here, address_of(there)));
    CHECK(reaches(there, address_of(here)));
    CHECK(link(here, "eth0")["mtu"] == (underlay == 4 ? 1450 : 1430));
    CHECK(differences(net.host(1), here).empty());
    here.detach();
    there.detach();
    CHECK(leftovers(net.host(1)) == nothing_left);
    CHECK(net.host(1).run("ip link show vx-blue").status != 0);
}

TEST_CASE("nothing floods between the hosts of an overlay") {
    const Underlay net(3);
    net.write_network("blue", net.network({{"vni", "95"}}));
    const Container here = net.container(1, "blue:ip=10.95.1.5");
    const Container there = net.container(2, "blue:ip=10.95.2.5");
    here.attach();
    there.attach();
    const std::string seen = frames_during(net, [&] {
        CHECK(reaches(here, "10.95.2.5"));
        CHECK_FALSE(reaches(here, "10.95.9.9")); // whom no host has
        CHECK_FALSE(reaches(here, "10.95.3.5")); // whom its host has not
        here.run(static_busybox() + " ping -c1 -W1 10.95.255.255");
    });
    CHECK_THAT(seen, contains("vni 95") && contains("192.0.2.1") && contains("192.0.2.2"));
    CHECK_THAT(seen, contains("10.95.1.5 > 10.95.2.5"));
    CHECK_THAT(seen, !contains("ARP") && !contains("10.95.255.255"));
}

TEST_CASE("to an overlay's containers the hosts that its file names alone can send") {
    const int underlay = GENERATE(4, 6);
    const Underlay net(3);
    const auto file = net.network({{"vni", "95"}}, {4}, {1, 2}, underlay);
    net.host(1).write_network("blue", file);
    net.host(2).write_network("blue", file);
    const Container here = net.container(1, "blue:ip=10.95.1.5");
    const Container there = net.container(2, "blue:ip=10.95.2.5");
    const Container other = net.container(1, "bridge"); // keeps the policy
    here.attach();
    there.attach();
    other.attach();
    const std::string prefix = underlay == 4 ? "192.0.2." : "2001:db8::";
    net.host(3).sh("ip link add vx type vxlan id 95 dstport 4789 local " + prefix + "3 remote " +
                   prefix +
                   "1; ip link set vx address 02:0c:0a:5f:02:05 up; ip address add "
                   "10.95.2.5/16 dev vx; ip neigh replace 10.95.1.5 lladdr "
                   "02:0c:0a:5f:01:05 dev vx nud permanent");
    // As 10.95.2.5, which is on the second host. The echo goes there, too.
    const auto gets_through = [&] {
        const std::string count = "awk '/^Icmp: [0-9]/ { print $10 }' /proc/net/snmp";
        const std::string before = here.sh(count);
        net.host(3).run(static_busybox() + " ping -c1 -W1 10.95.1.5");
        return here.sh(count) != before;
    };
    CHECK_FALSE(gets_through());
    CHECK(reaches(there, "10.95.1.5"));
    net.host(1).sh("nft flush set inet ocinet tunnels"); // without it he would have
    CHECK(gets_through());
    net.host(1).sh("nft flush ruleset && " + cli_program() + " reload");
    CHECK_FALSE(gets_through());
    CHECK(reaches(there, "10.95.1.5"));
    here.detach();
    for (const char* set : {"tunnels", "peers4", "peers6"}) {
        CHECK_THAT(net.host(1).sh(std::string("nft list set inet ocinet ") + set),
                   !contains("elements"));
    }
}

TEST_CASE("full frames go through the tunnels of an overlay") {
    const unsigned mtu = GENERATE(1500U, 9000U);
    const Underlay net(2, mtu);
    net.write_network("blue", net.network({{"vni", "95"}}));
    const Container here = net.container(1, "blue:ip=10.95.1.5");
    const Container there = net.container(2, "blue:ip=10.95.2.5");
    here.attach();
    there.attach();
    CHECK(link(net.host(1), "oc-blue")["mtu"] == mtu - 50);
    const std::string seen = frames_during(net, [&] {
        const std::string size = std::to_string(mtu - 50 - 28); // without headers of IPv4 and ICMP
        CHECK(here.run(static_busybox() + " ping -c1 -W1 -s " + size + " 10.95.2.5").status == 0);
    });
    CHECK_THAT(seen, contains("length " + std::to_string(mtu + 14) + ":"));
}

TEST_CASE("a container that a host's file names has the MAC address that stands there") {
    const Underlay net(2);
    auto file = net.network({{"vni", "95"}}, {4, 6});
    file["hosts"][1]["endpoints"] =
        json::array({{{"addresses", {"10.95.2.5", "fd95::2:5"}}, {"mac", "02:00:00:00:00:77"}}});
    net.write_network("blue", file);
    const Container here = net.container(1, "blue:ip=10.95.1.5,ip=fd95::1:5");
    const Container there =
        net.container(2, "blue:ip=10.95.2.5,ip=fd95::2:5,mac=02:00:00:00:00:77");
    here.attach();
    there.attach();
    CHECK(reaches(here, "10.95.2.5"));
    CHECK_FALSE(reaches(here, "fd95::2:5")); // the way back: nobody names ours
    file["hosts"][0]["endpoints"] = json::array({{{"addresses", {"10.95.1.5", "fd95::1:5"}}}});
    net.write_network("blue", file);
    // The next container brings the change.
    const Container third = net.container(2, "blue");
    third.attach();
    there.sh("ip neighbour flush dev eth0"); // whom it did not find it asks for once a second only
    CHECK(reaches(here, "fd95::2:5"));
    CHECK(differences(net.host(2), third).empty());
}

TEST_CASE("two overlays with the same addresses are two networks") {
    const Underlay net(4);
    net.write_network("blue", net.network({{"vni", "95"}}, {4}, {1, 2}));
    net.host(3).write_network("red", net.network({{"vni", "96"}}, {4}, {3, 4}));
    net.host(4).write_network("red", net.network({{"vni", "96"}}, {4}, {3, 4}));
    const Container blue = net.container(1, "blue:ip=10.95.1.5");
    const Container other_blue = net.container(2, "blue:ip=10.95.2.5");
    const Container red = net.container(3, "red:ip=10.95.3.5");
    const Container other_red = net.container(4, "red:ip=10.95.4.5");
    for (const auto* box : {&blue, &other_blue, &red, &other_red}) {
        box->attach();
    }
    CHECK(reaches(blue, "10.95.2.5"));
    CHECK(reaches(red, "10.95.4.5"));
    CHECK_FALSE(reaches(blue, "10.95.3.5"));
    CHECK_FALSE(reaches(red, "10.95.1.5"));
    // Nor by a host that believes so: it has another network identifier.
    net.host(1).sh("bridge fdb replace 02:0c:0a:5f:03:05 dev vx-blue "
                   "dst 192.0.2.3 self permanent; bridge fdb replace 02:0c:0a:5f:03:05 dev "
                   "vx-blue master static; ip neighbour replace 10.95.3.5 lladdr "
                   "02:0c:0a:5f:03:05 dev oc-blue nud permanent");
    CHECK_FALSE(reaches(blue, "10.95.3.5"));
}

TEST_CASE("an overlay has a bridge's way out, published ports and walls") {
    const Underlay net(2);
    net.write_network("blue", net.network({{"vni", "95"}}));
    net.host(1).write_network("web", {{"subnets", {{{"subnet", "10.7.0.0/24"}}}}});
    const Container here(net.host(1), {{"io.ocinet.network", "blue:ip=10.95.1.5"},
                                       {"io.ocinet.publish", "8080:80"}});
    const Container there = net.container(2, "blue:ip=10.95.2.5");
    const Container stranger(net.host(1), {{"io.ocinet.network", "web"}});
    here.attach();
    there.attach();
    stranger.attach();
    const std::string listen = static_busybox() + " nc -ll -p 80 -e echo hello";
    const Process server = here.start("exec " + listen);
    const auto hears = [](const Place& place, const std::string& address) {
        return place.run(static_busybox() + " nc -w 1 " + address + " </dev/null").out == "hello\n";
    };
    CHECK(eventually([&] { return hears(net.host(2), "192.0.2.1 8080"); }));
    CHECK(hears(there, "10.95.1.5 80"));
    CHECK(hears(there, "192.0.2.1 8080"));
    CHECK_FALSE(hears(stranger, "10.95.1.5 80"));
    CHECK_FALSE(hears(net.host(2), "10.95.1.5 80"));
    CHECK(reaches(here, "192.0.2.2"));
}

TEST_CASE("what an overlay lacks is told, and mended by check or the next container") {
    const Underlay net(2);
    net.write_network("blue", net.network({{"vni", "95"}}));
    const Container here = net.container(1, "blue:ip=10.95.1.5");
    const Container there = net.container(2, "blue:ip=10.95.2.5");
    here.attach();
    there.attach();
    const std::string harm = GENERATE(
        "ip link del vx-blue", "ip link set vx-blue down", "ip link set vx-blue nomaster",
        "ip link set vx-blue type bridge_slave learning on", "ip link set vx-blue mtu 1400",
        "bridge fdb del 02:0c:0a:5f:02:05 dev vx-blue self",
        "bridge fdb del 02:0c:0a:5f:02:05 dev vx-blue master",
        "bridge fdb replace 02:0c:0a:5f:02:05 dev vx-blue dst 192.0.2.9 self permanent",
        "ip neigh del 10.95.2.5 dev oc-blue", "nft flush set inet ocinet peers4",
        "nft flush set inet ocinet tunnels",
        "ip neigh replace 10.95.2.5 lladdr 02:00:00:00:00:99 dev oc-blue nud permanent");
    CAPTURE(harm);
    const bool by_check = GENERATE(false, true);
    net.host(1).sh(harm);
    CHECK_FALSE(differences(net.host(1), here).empty());
    if (by_check) {
        CHECK(net.host(1).run(cli_program() + " check --repair").status == 3);
    } else {
        net.container(1, "blue").attach();
    }
    CHECK(differences(net.host(1), here) == std::vector<std::string>());
    CHECK(reaches(here, "10.95.2.5"));
}

TEST_CASE("what an overlay needs and does not find is an error, and nothing changes") {
    const Underlay net(2);
    const Host& host = net.host(1);
    net.write_network("blue", net.network({{"vni", "95"}}));
    const Container box = net.container(1, "blue");
    SECTION("this host, by its name") {
        host.write("/etc/ocinet/ocinet.json", R"({"host_name": "h9"})");
        CHECK_THAT(refusal(host, box),
                   contains(R"(its "hosts" name no "h9")") && contains("ocinet.json"));
    }
    SECTION("this host's address") {
        host.sh("ip address flush dev up1");
        CHECK_THAT(refusal(host, box),
                   contains("none of this host's interfaces has the address 192.0.2.1"));
    }
    SECTION("room for its packets") {
        net.write_network("blue", net.network({{"vni", "95"}, {"mtu", "1451"}}));
        CHECK_THAT(refusal(host, box), contains("its mtu 1451 does not fit into up1, whose 1500 "
                                                "leave room for 1450"));
    }
    SECTION("a free network identifier") {
        host.sh("ip link add vx9 type vxlan id 95 dstport 4789");
        CHECK_THAT(refusal(host, box), contains("another VXLAN device of this host has VNI 95"));
    }
    SECTION("a free UDP port") {
        const Process other = host.start([] {
            const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
            sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(4789)};
            ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
            ::pause();
        });
        CHECK(eventually([&] { return !host.sh("ss -Hlun sport = :4789").empty(); }));
        CHECK_THAT(refusal(host, box), contains("another program of this host uses the UDP port"));
    }
    SECTION("a free name") {
        host.sh("ip link add vx-blue type bridge");
        CHECK_THAT(refusal(host, box), contains("the host has an interface vx-blue already"));
    }
    SECTION("an address of its own host's range") {
        CHECK_THAT(refusal(host, net.container(1, "blue:ip=10.95.2.5")),
                   contains(R"(ip=10.95.2.5: in the range of host "h2")"));
        CHECK_THAT(refusal(host, net.container(1, "blue:ip=10.95.9.5")),
                   contains("ip=10.95.9.5: in no host's range"));
    }
}

TEST_CASE("of an overlay's addresses a host gives its own, and no others when they are out") {
    const Underlay net(1);
    auto file = net.network({{"vni", "95"}});
    file["hosts"][0]["ranges"] = {"10.95.1.4/31"};
    net.write_network("blue", file);
    const Container first = net.container(1, "blue");
    const Container second = net.container(1, "blue");
    CHECK(only_attachment(first.attach())["addresses"] == json({"10.95.1.4/16"}));
    CHECK(only_attachment(second.attach())["addresses"] == json({"10.95.1.5/16"}));
    CHECK_THAT(refusal(net.host(1), net.container(1, "blue")), contains("no address is free"));
    first.detach();
    CHECK(only_attachment(net.container(1, "blue").attach())["addresses"] ==
          json({"10.95.1.4/16"}));
}

} // namespace ocinet::test
