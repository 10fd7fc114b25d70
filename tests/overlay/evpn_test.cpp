// SPDX-License-Identifier: GPL-2.0-or-later
// Overlay networks over hosts whose routing daemons, real ones of FRR, tell each other who is
// where.
#include <set>

#include "netsetup/base/text.h"
#include "tests/support/catch.h"
#include "tests/support/etcd.h"
#include "tests/support/frr.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

json network_of(const Underlay& net, const std::vector<int>& families = {4}) {
    return net.network({{"vni", "95"}, {"control", "evpn"}}, families);
}

bool reaches(const Container& box, const std::string& address) {
    return box.run("busybox ping -c1 -W1 " + address).status == 0;
}

bool comes_to_reach(const Container& box, const std::string& address) {
    return eventually([&] { return reaches(box, address); });
}

std::string known_of_others(const Host& host) {
    return host.sh("bridge fdb show dev vx-blue; ip neighbour show dev oc-blue");
}

/// Whether a host comes to know what others have told, or to know nothing of it any more.
bool comes_to_know(const Host& host, const std::string& text) {
    return eventually([&] { return known_of_others(host).find(text) != std::string::npos; });
}

bool comes_to_forget(const Host& host, const std::string& text) {
    return eventually([&] { return known_of_others(host).find(text) == std::string::npos; });
}

Result check(const Host& host, const std::string& how = "") {
    return host.run(cli_program() + " check " + how);
}

json attachment(const Container& box) {
    return box.attach().at("attachments").at(0);
}

std::set<std::string> ours(const Host& host) {
    std::set<std::string> addresses;
    for (const auto& neighbour :
         json::parse(host.sh("ip -j neighbour show dev oc-blue proto 111"))) {
        addresses.insert(neighbour["dst"]);
    }
    return addresses;
}

struct Hosts {
    void start() {
        one.start();
        two.start();
    }

    Underlay net{2};
    Frr one{net, 1, 2};
    Frr two{net, 2, 2};
};

/// With the network "blue" of both families, a container on each host, and FRR.
struct Two : Hosts {
    Two() {
        net.write_network("blue", network_of(net, {4, 6}));
        start();
        first.attach();
        second.attach();
    }

    Container first{net.host(1), {{"io.ocinet.network", "blue:ip=10.95.1.200,ip=fd95::1:c8"}}};
    Container second{net.host(2), {{"io.ocinet.network", "blue:ip=10.95.2.200,ip=fd95::2:c8"}}};
};

} // namespace

TEST_CASE("evpn: a container that never sent anything is known on the other host") {
    SKIP_IF_MISSING(missing_for_frr());
    const Two hosts;
    const Container here = hosts.net.container(1, "blue:ip=10.95.1.5,ip=fd95::1:5");
    const Container there = hosts.net.container(2, "blue:ip=10.95.2.5,ip=fd95::2:5");
    here.attach();
    there.attach();
    // Of both families, as FRR has told the kernel.
    CHECK(comes_to_know(hosts.net.host(1), "02:0c:0a:5f:02:05 dst 192.0.2.2 self extern_learn"));
    CHECK(comes_to_know(hosts.net.host(1), "10.95.2.5 lladdr 02:0c:0a:5f:02:05 extern_learn"));
    CHECK(comes_to_know(hosts.net.host(1), "fd95::2:5 lladdr 02:0c:0a:5f:02:05 extern_learn"));
    CHECK(comes_to_know(hosts.net.host(2), "10.95.1.5 lladdr"));
    CHECK(comes_to_know(hosts.net.host(2), "fd95::1:5 lladdr"));
    CHECK(reaches(here, "10.95.2.5"));
    CHECK(reaches(there, "fd95::1:5"));
    // Nor has it changed what is ours.
    CHECK(check(hosts.net.host(1)).status == 0);

    there.detach();
    CHECK(comes_to_forget(hosts.net.host(1), "02:0c:0a:5f:02:05"));
    CHECK(comes_to_forget(hosts.net.host(1), "10.95.2.5"));
    here.detach();
    hosts.first.detach();
    hosts.second.detach();
    CHECK(leftovers(hosts.net.host(1)).empty());
    CHECK(leftovers(hosts.net.host(2)).empty());
}

TEST_CASE("evpn: routing daemons that come later, or come back, tell of what is there") {
    SKIP_IF_MISSING(missing_for_frr());
    Two hosts;
    hosts.two.stop();
    const Container here = hosts.net.container(1, "blue:ip=10.95.1.5");
    const Container there = hosts.net.container(2, "blue:ip=10.95.2.5");
    here.attach();
    there.attach();
    CHECK_FALSE(reaches(here, "10.95.2.5"));
    hosts.two.start();
    CHECK(comes_to_reach(here, "10.95.2.5"));
    hosts.one.stop();
    hosts.one.start();
    CHECK(comes_to_know(hosts.net.host(2), "10.95.1.5"));
    CHECK(comes_to_reach(there, "10.95.1.5"));
}

// What bgpd of FRR 8.4 hears of a link by its first name after it has heard the second one is, to
// it, of a link without an index: it takes all other hosts for out of reach.
TEST_CASE("evpn: by the first name of a link nothing is told but that it is there") {
    const Underlay net(1);
    net.write_network("blue", network_of(net));
    const Container box = net.container(1, "blue");
    Process monitor = net.host(1).start("exec ip -o monitor link");
    net.host(1).sh("ip link add probe type bridge");
    REQUIRE(eventually([&] { return monitor.out().find("probe") != std::string::npos; }));
    box.attach();
    net.host(1).sh("ip link del probe");
    REQUIRE(eventually([&] { return monitor.out().find("Deleted") != std::string::npos; }));
    for (const std::string link : {"oc-blue", "vx-blue"}) {
        const json shown = json::parse(net.host(1).sh("ip -j link show dev " + link));
        const std::string index = std::to_string(shown[0]["ifindex"].get<int>()) + ": ";
        const std::string told = monitor.out();
        int by_first_name = 0;
        for (const auto line : split(told, '\n')) {
            by_first_name += line.starts_with(index) && !line.starts_with(index + link) ? 1 : 0;
        }
        INFO(link << ":\n" << told);
        CHECK(by_first_name == 1);
    }
}

TEST_CASE("evpn: of a host's containers the one that ended is forgotten, and no other") {
    SKIP_IF_MISSING(missing_for_frr());
    const Two hosts;
    const Container here = hosts.net.container(1, "blue");
    const Container first = hosts.net.container(2, "blue:ip=10.95.2.5");
    const Container second =
        hosts.net.container(2, "blue:ip=10.95.2.6,ip=fd95::2:6,mac=02:00:00:00:00:77");
    here.attach();
    first.attach();
    second.attach();
    CHECK(comes_to_reach(here, "10.95.2.5"));
    CHECK(comes_to_reach(here, "10.95.2.6"));
    CHECK(comes_to_know(hosts.net.host(1), "10.95.2.6 lladdr 02:00:00:00:00:77"));
    first.detach();
    CHECK(comes_to_forget(hosts.net.host(1), "10.95.2.5"));
    CHECK(ours(hosts.net.host(2)) ==
          std::set<std::string>{"10.95.2.6", "fd95::2:6", "10.95.2.200", "fd95::2:c8"});
    CHECK(reaches(here, "10.95.2.6"));
    // Its address is another one's by now.
    const Container third = hosts.net.container(2, "blue:ip=10.95.2.5");
    third.attach();
    first.detach();
    CHECK(comes_to_reach(here, "10.95.2.5"));
    CHECK(check(hosts.net.host(2)).status == 0);
}

TEST_CASE("evpn: what somebody took away is named, and put back") {
    const Underlay net(1);
    net.write_network("blue", network_of(net));
    const Container box = net.container(1, "blue:ip=10.95.1.5");
    const std::string port = attachment(box)["host_interface"];
    net.host(1).sh("ip neighbour delete 10.95.1.5 dev oc-blue; "
                   "bridge fdb delete 02:0c:0a:5f:01:05 dev " +
                   port + " master");
    const std::string found = check(net.host(1)).out;
    CHECK_THAT(found, contains("02:0c:0a:5f:01:05 is not behind " + port));
    CHECK_THAT(found, contains("neighbour 10.95.1.5 of oc-blue is not 02:0c:0a:5f:01:05"));
    CHECK(check(net.host(1), "--repair").status == 3);
    CHECK(check(net.host(1)).status == 0);
}

TEST_CASE("evpn: addresses come from the blocks that etcd knows, and who is where does not") {
    SKIP_IF_MISSING(missing_for_frr());
    SKIP_IF_MISSING(missing_for_etcd());
    Hosts hosts;
    Etcd etcd(hosts.net);
    json network = network_of_etcd();
    network["options"]["control"] = "evpn";
    OverlayHost one(hosts.net, etcd, 1);
    OverlayHost two(hosts.net, etcd, 2);
    for (const auto* host : {&one, &two}) {
        host->host.write_network("blue", network);
    }
    one.start();
    two.start();
    REQUIRE(one.knows("blue"));
    REQUIRE(two.knows("blue"));
    const Container here = hosts.net.container(1, "blue");
    const Container there = hosts.net.container(2, "blue");
    here.attach();
    const json attached = attachment(there);
    hosts.start();
    const std::string address = attached["addresses"][0];
    CHECK(comes_to_reach(here, address.substr(0, address.find('/'))));
    CHECK(etcd.keys("blocks/blue/").size() == 2);
    // The daemon comes along, and leaves to FRR what is FRR's.
    one.kill();
    one.start();
    CHECK(one.says("this host is there"));
    CHECK(reaches(here, address.substr(0, address.find('/'))));
    CHECK(etcd.keys("hosts/h2/containers/").empty());

    SECTION("and what is defined holds for all") {
        network["options"]["control"] = "etcd";
        one.host.write_network("blue", network);
        CHECK(one.says(R"(this host's file has another "control")"));
    }
}

} // namespace ocinet::test
