// SPDX-License-Identifier: GPL-2.0-or-later
// `ocinet network create` on a host: which subnet it finds, what it refuses, the file it leaves.
#include <set>

#include "netsetup/base/text.h"
#include "tests/cli/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

constexpr const char* networks = "/etc/ocinet/networks";

std::string subnet_of(const json& network, std::size_t index = 0) {
    return network.at("subnets").at(index).at("subnet");
}

struct Refused {
    std::string arguments;
    std::string said;
};

} // namespace

TEST_CASE("a network is made, and a container attached to it") {
    const Host host;
    make_router(host);
    const Result made = ocinet(host, "network create --ipv6 web");
    CHECK(made.status == 0);
    CHECK(made.out == "web\n");
    CHECK(made.err.empty());
    CHECK(host.sh(std::string("ls ") + networks) == "web.json\n");
    CHECK(host.sh(std::string("stat -c '%a %U' ") + networks + "/web.json") == "644 root\n");
    const Container box(host, {{"io.ocinet.network", "web"}});
    const json attached = box.attach()["attachments"][0];
    CHECK(attached["addresses"][0] == "10.91.0.2/24");
    CHECK_THAT(attached["addresses"][1].get<std::string>(), contains("fd"));
    box.detach();
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("the file says what the network is, in Podman's words") {
    const Host host;
    const json printed = ocinet_json(
        host, "network create --json --subnet 10.5.0.0/24 --gateway 10.5.0.9 --ip-range "
              "10.5.0.100-10.5.0.200 -o mtu=1400 --opt isolate=false --label a=b --route "
              "10.6.0.0/16,10.5.0.7,3 --interface-name br-web web");
    CHECK(printed == json::parse(host.read(std::string(networks) + "/web.json")));
    CHECK(printed["network_interface"] == "br-web");
    CHECK(printed["options"] == json{{"mtu", "1400"}, {"isolate", "false"}});
    CHECK_THAT(printed["created"].get<std::string>(), contains("T") && contains("Z"));
    const Container box(host, {{"io.ocinet.network", "web"}});
    CHECK(box.attach()["attachments"][0]["addresses"][0] == "10.5.0.100/24");
    CHECK_THAT(box.sh("ip route"), contains("10.6.0.0/16 via 10.5.0.7 dev eth0 metric 3"));
    CHECK_THAT(host.sh("ip link show br-web"), contains("mtu 1400"));
}

TEST_CASE("a derived bridge's name stands in the file") {
    const Host host;
    CHECK(ocinet_json(host, "network create --json web")["network_interface"] == "oc-web");
}

TEST_CASE("a subnet is free when nothing of the host's, Podman's or ours overlaps it") {
    const Host host;
    host.write_network("old", {{"subnets", {{{"subnet", "10.91.0.0/24"}}}}});
    host.sh("ip link add name out0 type bridge && ip link set out0 up");
    host.sh("ip address add 10.91.1.7/24 dev out0");
    host.sh("ip route add 10.91.2.0/23 dev out0");
    host.sh("ip route add 10.91.4.0/24 dev out0 table 77");
    host.write("/etc/containers/networks/pod.json",
               R"({"name":"pod","subnets":[{"subnet":"10.91.5.0/24"}]})");
    CHECK(subnet_of(ocinet_json(host, "network create --json one")) == "10.91.6.0/24");
    CHECK(subnet_of(ocinet_json(host, "network create --json two")) == "10.91.7.0/24");
    ocinet(host, "network rm one");
    CHECK(subnet_of(ocinet_json(host, "network create --json three")) == "10.91.6.0/24");
}

TEST_CASE("networks that are made at the same time get subnets of their own") {
    const Host host;
    constexpr int count = 8;
    std::vector<Process> processes;
    for (int i = 0; i < count; ++i) {
        processes.push_back(
            host.start("exec " + cli_program() + " network create --json n" + std::to_string(i)));
    }
    std::set<std::string> subnets;
    for (auto& process : processes) {
        const Result result = process.wait();
        REQUIRE(result.status == 0);
        subnets.insert(subnet_of(json::parse(result.out)));
    }
    CHECK(subnets.size() == count);
}

TEST_CASE("of two who make the same network one is told") {
    const Host host;
    std::vector<Process> processes;
    for (int i = 0; i < 2; ++i) {
        processes.push_back(host.start("exec " + cli_program() + " network create web"));
    }
    int made = 0;
    std::string said;
    for (auto& process : processes) {
        const Result result = process.wait();
        made += result.status == 0 ? 1 : 0;
        said += result.err;
    }
    CHECK(made == 1);
    CHECK_THAT(said, contains("network \"web\" exists already"));
    CHECK(host.sh(std::string("ls ") + networks) == "web.json\n");
}

TEST_CASE("--ignore takes a network that is there, and leaves it alone") {
    const Host host;
    ocinet(host, "network create --subnet 10.5.0.0/24 web");
    const std::string before = host.read(std::string(networks) + "/web.json");
    const Result again = ocinet(host, "network create --ignore --subnet 10.6.0.0/24 web");
    CHECK(again.status == 0);
    CHECK(again.out == "web\n");
    CHECK(host.read(std::string(networks) + "/web.json") == before);
}

TEST_CASE("an overlay that etcd holds is made before etcd knows of it") {
    const Host host;
    for (const char* arguments : {"--subnet 10.95.0.0/16 --subnet fd95::/64 -o control=etcd",
                                  "--subnet 10.95.0.0/16 -o control=etcd -o encrypted",
                                  "-o control=etcd", "-o control=evpn"}) {
        CAPTURE(arguments);
        const Result made =
            ocinet(host, std::string("network create -d overlay ") + arguments + " blue");
        CHECK(made.status == 0);
        CHECK(made.err.empty());
        const json file = json::parse(host.read(std::string(networks) + "/blue.json"));
        CHECK(file["driver"] == "overlay");
        CHECK_FALSE(file.contains("hosts"));
        CHECK(ocinet(host, "network rm blue").status == 0);
    }
}

TEST_CASE("what cannot serve is refused, and leaves no file") {
    const Refused refused = GENERATE(values<Refused>({
        {"-d overlay -o control=static -o vni=95 --subnet 10.95.0.0/16 blue",
         "an overlay network names its hosts"},
        {"-d overlay -o control=etcd -o vni=0 blue", "\"0\" is not between 1 and"},
        {"-d overlay -o control=etcd --subnet 10.95.0.1/16 blue", "10.95.0.0/16"},
        {"-d overlay -o control=evpn -o encrypted --subnet 10.95.0.0/16 blue", "encrypted"},
        {"bridge", "network \"bridge\" exists already"},
        {"old", "network \"old\" exists already"},
        {"-- -x", "no network's name"},
        {"../x", "no network's name"},
        {"--driver host web", "the network \"host\" is built in"},
        {"--driver carrier-pigeon web", "there is no driver \"carrier-pigeon\""},
        {"--subnet 10.1.0.7/24 web", "has host bits set; the network is 10.1.0.0"},
        {"--subnet 10.1.0.0/24 --gateway 10.1.0.0 web", "is not a host's address"},
        {"--subnet 10.1.0.0/24 --subnet 10.1.0.0/25 web", "overlap"},
        {"--subnet 10.50.0.0/25 web", "overlaps 10.50.0.0/24, network \"old\""},
        {"--subnet 10.90.1.0/24 web", "overlaps 10.90.0.0/16, network \"bridge\""},
        {"--subnet 10.88.1.0/24 web", "Podman's network \"podman\""},
        {"--subnet 10.60.0.0/16 web", "an address of the host's"},
        {"--subnet 10.61.0.0/16 web", "10.61.4.0/24, a route of the host's"},
        {"-o colour=red web", "network \"web\": options: colour: unknown key"},
        {"-o mtu=1 web", "options: mtu:"},
        {"--route 10.9.0.0/16,10.1.0.7 web", "outside the network's subnets"},
        {"--interface-name a/b web", "not an interface's name"},
        {"--interface-name out0 web", "the host has an interface out0 already"},
        {"--interface-name oc-old web", "network \"old\" has a bridge oc-old"},
    }));
    CAPTURE(refused.arguments);
    const Host host;
    host.write_network("old", {{"subnets", {{{"subnet", "10.50.0.0/24"}}}}});
    host.sh("ip link add name out0 type bridge && ip link set out0 up");
    host.sh("ip address add 10.60.3.7/24 dev out0 && ip route add 10.61.4.0/24 dev out0");
    const Result result = ocinet(host, "network create " + refused.arguments);
    CHECK(result.status == 1);
    CHECK(result.out.empty());
    CHECK_THAT(result.err, contains("ocinet: ") && contains(refused.said));
    CHECK(host.sh(std::string("ls ") + networks) == "old.json\n");
}

TEST_CASE("a subnet inside a wider route is no collision") {
    const Host host;
    host.sh("ip link add name out0 type bridge && ip link set out0 up");
    host.sh("ip address add 192.0.2.1/24 dev out0 && ip route add 10.0.0.0/8 via 192.0.2.2");
    CHECK(ocinet(host, "network create --subnet 10.5.0.0/24 web").status == 0);
    const Result none = ocinet(host, "network create other");
    CHECK(none.status == 1);
    CHECK_THAT(none.err, contains("no subnet of 10.91.0.0/16 is free") &&
                             contains("hint: name one with --subnet"));
}

TEST_CASE("what somebody left who was killed at it is no obstacle") {
    const Host host;
    host.write(std::string(networks) + "/web.json.new", "{");
    CHECK(ocinet(host, "network create web").status == 0);
    CHECK(host.sh(std::string("ls ") + networks) == "web.json\n");
}

TEST_CASE("who is not root is told so") {
    const Host host;
    for (const std::string verb : {"network create web", "network rm web", "network prune", "check",
                                   "reload", "gc", "plan --network bridge"}) {
        CAPTURE(verb);
        const Result result = host.run("exec setpriv --reuid 65534 --regid 65534 --clear-groups " +
                                       cli_program() + " " + verb);
        CHECK(result.status == 1);
        CHECK_THAT(result.err, contains("must be root: it ") && contains("hint: sudo ocinet "));
    }
}

} // namespace ocinet::test
