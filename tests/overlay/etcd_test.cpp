// SPDX-License-Identifier: GPL-2.0-or-later
// Overlay networks over several hosts that a real etcd holds together.
#include <array>
#include <csignal>
#include <cstdio>
#include <map>
#include <set>

#include "tests/overlay/two_hosts.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

bool comes_to_have_blocks(const Etcd& etcd, std::size_t count) {
    return eventually([&] { return etcd.keys("blocks/blue/").size() >= count; });
}

/// A container on each of them.
struct Pair {
    explicit Pair(const Two& hosts)
        : here(hosts.net.container(1, "blue")), there(hosts.net.container(2, "blue")) {
        here.attach();
        there.attach();
    }

    Container here;
    Container there;
};

/// From a container on the first host to each address of one on the second. Gives how many it has.
std::size_t reach_all_addresses(const Underlay& net) {
    const Container here = net.container(1, "blue");
    const Container there = net.container(2, "blue");
    here.attach();
    const auto addresses = there.attach()["attachments"][0]["addresses"];
    for (const std::string address : addresses) {
        CHECK(comes_to_reach(here, address.substr(0, address.find('/'))));
    }
    return addresses.size();
}

/// Whether the first host comes to know of nothing on the second.
bool forgets_the_second(const Two& hosts) {
    return eventually([&] {
        return hosts.one.host.sh("bridge fdb show dev vx-blue").find("192.0.2.2") ==
               std::string::npos;
    });
}

} // namespace

TEST_CASE("etcd: containers on two hosts are one network") {
    SKIP_IF_MISSING(missing_for_etcd());
    Two hosts;
    CHECK(hosts.etcd.keys("networks/") == std::vector<std::string>{"networks/blue"});
    CHECK(hosts.etcd.keys("blocks/blue/").size() == 2);
    const Pair pair(hosts);
    const auto& [here, there] = pair;
    CHECK(address_of(here).substr(0, 6) == "10.95.");
    CHECK(comes_to_reach(here, address_of(there)));
    CHECK(reaches(there, address_of(here)));
    CHECK(hosts.etcd.keys("hosts/h1/containers/") ==
          std::vector<std::string>{"hosts/h1/containers/blue/" + here.id()});
    there.detach();
    CHECK(eventually([&] { return hosts.etcd.keys("hosts/h2/containers/").empty(); }));
    CHECK(forgets_the_second(hosts));
    here.detach();
}

TEST_CASE(
    "etcd: a container starts while etcd and ocinet-overlay are away, and is heard of later") {
    SKIP_IF_MISSING(missing_for_etcd());
    Two hosts;
    hosts.etcd.stop();
    hosts.one.kill();
    const Pair pair(hosts);
    const auto& [here, there] = pair;
    CHECK_FALSE(reaches(here, address_of(there)));
    hosts.etcd.start();
    hosts.one.start();
    CHECK(comes_to_reach(here, address_of(there)));
}

TEST_CASE("etcd: hosts with containers are those that may send") {
    SKIP_IF_MISSING(missing_for_etcd());
    Two hosts;
    const Host& host = hosts.one.host;
    const auto peers = [&] { return host.sh("nft list set inet ocinet peers4"); };
    const auto comes_to_have = [&](bool wanted) {
        return eventually(
            [&] { return (peers().find("192.0.2.2 .") != std::string::npos) == wanted; });
    };
    const Container here = hosts.net.container(1, "blue");
    const Container there = hosts.net.container(2, "blue");
    const Container second = hosts.net.container(2, "blue");
    here.attach();
    CHECK_THAT(host.sh("nft list set inet ocinet tunnels"), contains("4789 . "));
    CHECK(comes_to_have(false));
    there.attach();
    second.attach();
    CHECK(comes_to_have(true));
    CHECK(comes_to_reach(second, address_of(here)));
    there.detach();
    CHECK(comes_to_reach(second, address_of(here)));
    CHECK(comes_to_have(true));
    hosts.one.signal(SIGSTOP); // it is not needed for what stands in the kernel
    host.sh("nft flush ruleset && " OCINET_PREFIX "/bin/ocinet reload");
    CHECK(comes_to_have(true));
    CHECK(reaches(second, address_of(here)));
    hosts.one.signal(SIGCONT);
    second.detach();
    CHECK(comes_to_have(false));
    there.attach();
    CHECK(comes_to_have(true));
    CHECK(comes_to_reach(there, address_of(here)));
}

TEST_CASE("etcd: a host that ends is forgotten at once, one that dies after its lease") {
    SKIP_IF_MISSING(missing_for_etcd());
    Two hosts;
    const Pair pair(hosts);
    const auto& [here, there] = pair;
    REQUIRE(comes_to_reach(here, address_of(there)));
    SECTION("ends") {
        CHECK(hosts.two.end().status == 0);
        CHECK(hosts.etcd.keys("hosts/h2/").empty());
        CHECK(forgets_the_second(hosts));
    }
    SECTION("dies") {
        hosts.two.kill();
        CHECK_FALSE(hosts.etcd.keys("hosts/h2/").empty());
        CHECK(forgets_the_second(hosts));
    }
    CHECK(hosts.etcd.keys("blocks/blue/").size() == 2); // addresses stay whose they were
    hosts.two.start();
    CHECK(comes_to_reach(here, address_of(there)));
}

TEST_CASE("etcd: what was compacted away while the program was not there is known again") {
    SKIP_IF_MISSING(missing_for_etcd());
    Two hosts;
    const Container here = hosts.net.container(1, "blue");
    here.attach();
    hosts.one.signal(SIGSTOP);
    const Container there = hosts.net.container(2, "blue");
    there.attach();
    const std::string key = "hosts/h2/containers/blue/" + there.id();
    REQUIRE(eventually([&] { return hosts.etcd.keys(key).size() == 1; }));
    const auto status = json::parse(hosts.etcd.ctl("get / -w json"));
    hosts.etcd.ctl("compaction " + std::to_string(status["header"]["revision"].get<long>()));
    hosts.etcd.stop(); // and with it what it still had to send
    hosts.etcd.start();
    hosts.one.signal(SIGCONT);
    CHECK(comes_to_reach(here, address_of(there)));
}

TEST_CASE("etcd: an etcd that has lost everything is told everything again") {
    SKIP_IF_MISSING(missing_for_etcd());
    Two hosts;
    const Container here = hosts.net.container(1, "blue");
    here.attach();
    hosts.etcd.put({{"networks/red", "{}"}, {"networks/red2", "{}"}}); // for the revision
    hosts.etcd.stop();
    hosts.net.wire.sh("rm -r " + hosts.etcd.file("m0"));
    hosts.etcd.start();
    const Container there = hosts.net.container(2, "blue");
    there.attach();
    CHECK(comes_to_reach(here, address_of(there)));
    CHECK(hosts.etcd.keys("hosts/h1/containers/").size() == 1);
}

TEST_CASE("etcd: a host takes a second block before the first is full") {
    SKIP_IF_MISSING(missing_for_etcd());
    Underlay net(1);
    Etcd etcd(net);
    OverlayHost one(net, etcd, 1);
    json file = blue;
    file["options"]["block_size"] = "8";
    one.host.write_network("blue", file);
    one.start();
    REQUIRE(one.knows("blue"));
    std::vector<std::unique_ptr<Container>> boxes;
    std::set<std::string> addresses;
    for (std::size_t i = 0; i < 20; ++i) {
        CHECK(comes_to_have_blocks(etcd, (i + 4 + 7) / 8));
        boxes.push_back(
            std::make_unique<Container>(one.host, Annotations{{"io.ocinet.network", "blue"}}));
        boxes.back()->attach();
        addresses.insert(address_of(*boxes.back()));
    }
    CHECK(addresses.size() == 20);
}

TEST_CASE("etcd: what a host may not say is not believed") {
    SKIP_IF_MISSING(missing_for_etcd());
    Two hosts;
    const Container here = hosts.net.container(1, "blue");
    here.attach();
    const auto claim = [&](const std::string& key, const std::string& value) {
        hosts.etcd.put({{key, value}});
    };
    claim("hosts/h9/self", R"({"instance":"x","address":"192.0.2.9"})");
    claim("hosts/h9/containers/blue/c1",
          R"({"mac":"02:00:00:00:00:99","addresses":["10.95.77.1"]})");
    CHECK(hosts.one.says("hosts/h9/containers/blue/c1: 10.95.77.1 lies in no block of h9"));
    claim("hosts/h9/containers/blue/c2", "{");
    CHECK(hosts.one.says("hosts/h9/containers/blue/c2: "));
    claim("blocks/blue/10.95.0.0-16", "h9 x");
    CHECK(hosts.one.says("blocks/blue/10.95.0.0-16: no block of the network"));
    claim("nonsense", "");
    CHECK(hosts.one.says("/ocinet/nonsense: no key of ours"));
    CHECK(hosts.one.host.sh("bridge fdb show dev vx-blue").find("192.0.2.9") == std::string::npos);
}

TEST_CASE("etcd: what does not fit together is named") {
    SKIP_IF_MISSING(missing_for_etcd());
    Two hosts;
    json other = blue;
    SECTION("another subnet") {
        other["subnets"][0]["subnet"] = "10.96.0.0/16";
        hosts.two.host.write_network("blue", other);
        CHECK(hosts.two.says("networks/blue: this host's file has another \"subnets\""));
        // No container gets an address that its host's file does not speak of.
        const Container box = hosts.net.container(2, "blue");
        const Result refused = box.hook("createRuntime");
        CHECK(refused.status == 1);
        CHECK_THAT(refused.err, contains("network \"blue\" (overlay): subnets: etcd has another") &&
                                    contains("what stands in etcd holds"));
    }
    SECTION("a vni of another network") {
        const auto definition = json::parse(hosts.etcd.value("networks/blue"));
        other["options"]["vni"] = std::to_string(definition["vni"].get<int>());
        hosts.two.host.write_network("red", other);
        CHECK(hosts.two.says("network \"blue\"'s"));
    }
    SECTION("nobody has defined it") {
        hosts.two.host.write_network("red", bare);
        CHECK(hosts.two.says("networks/red: nobody has defined it yet"));
        const Container box = hosts.net.container(2, "red");
        const Result refused = box.hook("createRuntime");
        CHECK(refused.status == 1);
        CHECK_THAT(refused.err, contains("nothing is known from etcd of it yet"));
    }
}

TEST_CASE("etcd: a host's blocks are given back when it is forgotten, not while it is there") {
    SKIP_IF_MISSING(missing_for_etcd());
    Two hosts;
    const std::string ocinet = OCINET_PREFIX "/bin/ocinet overlay forget ";
    const Result refused = hosts.one.host.run(ocinet + "h2");
    CHECK(refused.status == 1);
    CHECK_THAT(refused.err, contains("host \"h2\" is there, or"));
    CHECK(hosts.etcd.keys("blocks/blue/").size() == 2);
    hosts.two.end();
    const std::string said = hosts.one.host.sh(ocinet + "h2");
    CHECK_THAT(said, contains("/ocinet/blocks/blue/10.95."));
    CHECK(hosts.etcd.keys("blocks/blue/").size() == 1);
    const Result again = hosts.one.host.run(ocinet + "h2"); // or a name that is written wrongly
    CHECK(again.status == 1);
    CHECK_THAT(again.err, contains("no block is host \"h2\"'s"));
}

TEST_CASE("etcd: the program keeps CAP_NET_ADMIN alone, and writes nowhere else") {
    SKIP_IF_MISSING(missing_for_etcd());
    Two hosts;
    const std::string status =
        hosts.one.host.sh("cat /proc/" + std::to_string(hosts.one.pid()) + "/status");
    for (const char* set : {"CapPrm", "CapEff", "CapBnd"}) {
        CHECK_THAT(status, contains(std::string(set) + ":\t0000000000001000\n"));
    }
    CHECK_THAT(status, contains("CapInh:\t0000000000000000\n") &&
                           contains("CapAmb:\t0000000000000000\n") && contains("NoNewPrivs:\t1\n"));
}

TEST_CASE("etcd: a host that was cut off goes on, and no address is given twice") {
    SKIP_IF_MISSING(missing_for_etcd());
    Two hosts;
    const auto cable = [&](const char* state) {
        hosts.net.wire.sh(std::string("ip link set up2 ") + state);
    };
    cable("down");
    REQUIRE(eventually([&] { return hosts.etcd.keys("hosts/h2/").empty(); }));
    std::vector<std::unique_ptr<Container>> boxes;
    std::set<std::string> addresses;
    for (int i = 0; i < 6; ++i) {
        boxes.push_back(std::make_unique<Container>(hosts.net.host(i % 2 + 1),
                                                    Annotations{{"io.ocinet.network", "blue"}}));
        boxes.back()->attach();
        addresses.insert(address_of(*boxes.back()));
    }
    CHECK(addresses.size() == 6);
    CHECK_FALSE(reaches(*boxes[0], address_of(*boxes[1])));
    cable("up");
    for (const auto& one : boxes) {
        for (const auto& other : boxes) {
            CAPTURE(address_of(*one), address_of(*other));
            CHECK(comes_to_reach(*one, address_of(*other)));
        }
    }
}

TEST_CASE("etcd: both families inside, and tunnels over IPv6") {
    SKIP_IF_MISSING(missing_for_etcd());
    const Underlay net(2);
    const Etcd etcd(net);
    OverlayHost one(net, etcd, 1);
    OverlayHost two(net, etcd, 2);
    json file = blue;
    file["subnets"].push_back({{"subnet", "fd95::/64"}});
    for (auto* host : {&one, &two}) {
        json config = json::parse(host->host.read("/etc/ocinet/overlay.json"));
        config["address"] = host == &one ? "2001:db8::1" : "2001:db8::2";
        host->host.write("/etc/ocinet/overlay.json", config.dump());
        host->host.write_network("blue", file);
        host->start();
        REQUIRE(host->knows("blue"));
    }
    CHECK(reach_all_addresses(net) == 2);
}

TEST_CASE("etcd: a network that was made by command, on the second host without its subnets") {
    SKIP_IF_MISSING(missing_for_etcd());
    const Underlay net(2);
    const Etcd etcd(net);
    OverlayHost one(net, etcd, 1);
    OverlayHost two(net, etcd, 2);
    const std::string make = cli_program() + " network create -d overlay -o control=etcd ";
    one.host.sh(make + "--subnet 10.95.0.0/16 --subnet fd95::/64 blue");
    two.host.sh(make + "blue");
    for (auto* host : {&one, &two}) {
        host->start();
        REQUIRE(host->knows("blue"));
    }
    CHECK(reach_all_addresses(net) == 2);
}

TEST_CASE("etcd: 200 containers that come, move and go are what the kernel knows") {
    SKIP_IF_MISSING(missing_for_etcd());
    Two hosts;
    const Container here = hosts.net.container(1, "blue");
    here.attach();
    // A host that is simulated, by its keys.
    std::map<std::string, std::string> keys{
        {"hosts/h9/self", R"({"instance":"x","address":"192.0.2.9"})"}};
    for (const char* block : {"0", "64", "128", "192"}) {
        keys["blocks/blue/10.95.77." + std::string(block) + "-26"] = "h9 x";
    }
    hosts.etcd.put(keys);
    const auto say = [&](int first, int last, const std::string& mac) {
        std::map<std::string, std::string> containers;
        for (int i = first; i <= last; ++i) {
            std::array<char, 3> end{};
            std::snprintf(end.data(), end.size(), "%02x", unsigned(i));
            containers["hosts/h9/containers/blue/c" + std::to_string(i)] = json{
                {"mac", mac + end.data()},
                {"addresses", json::array({"10.95.77." + std::to_string(i)})}}.dump();
        }
        hosts.etcd.put(containers);
    };
    const auto comes_to_know = [&](int containers, int of_new_mac) {
        const std::string wanted = std::to_string(containers) + "\n" + std::to_string(containers) +
                                   "\n" + std::to_string(of_new_mac) + "\n";
        return eventually([&] {
            return hosts.one.host.sh("bridge fdb show dev vx-blue | grep -c 'dst 192.0.2.9'; "
                                     "ip neighbour show dev oc-blue | grep -c 10.95.77; "
                                     "bridge fdb show dev vx-blue | grep -c '^02:00:00:00:02:.*dst'"
                                     "; true") == wanted;
        });
    };
    say(1, 100, "02:00:00:00:01:");
    say(101, 200, "02:00:00:00:01:");
    CHECK(comes_to_know(200, 0));
    say(1, 100, "02:00:00:00:02:");
    CHECK(comes_to_know(200, 100));
    hosts.etcd.ctl("del --prefix /ocinet/hosts/h9/containers/blue/c1"); // and c10, and c100, …
    CHECK(comes_to_know(89, 88));
    hosts.etcd.ctl("del /ocinet/hosts/h9/self");
    CHECK(comes_to_know(0, 0));
}

TEST_CASE("etcd: with TLS and users, a host writes what is its own") {
    SKIP_IF_MISSING(missing_for_etcd());
    Two hosts({.secured = true});
    const Pair pair(hosts);
    const auto& [here, there] = pair;
    CHECK(comes_to_reach(here, address_of(there)));
    // A token does not outlive the member that gave it.
    hosts.etcd.stop();
    hosts.etcd.start();
    const Container third = hosts.net.container(2, "blue");
    third.attach();
    CHECK(comes_to_reach(here, address_of(third)));
    const std::string role = hosts.etcd.ctl("role get h2");
    CHECK_THAT(role, contains("/ocinet/hosts/h2/") && !contains("/ocinet/hosts/h1/"));
}

TEST_CASE("etcd: the member that leads is killed, and the others go on") {
    SKIP_IF_MISSING(missing_for_etcd());
    Two hosts({.members = 3});
    const Container here = hosts.net.container(1, "blue");
    here.attach();
    hosts.etcd.kill_leader();
    const Container there = hosts.net.container(2, "blue");
    there.attach();
    CHECK(comes_to_reach(here, address_of(there)));
}

} // namespace ocinet::test
