// SPDX-License-Identifier: GPL-2.0-or-later
// IPv6 as the kernel has it: addresses that are usable at once, and no router that was not asked
// for.
#include <sys/syscall.h>

#include "tests/kernel/scene.h"
#include "tests/kernel/trace.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

const json dual_stack = {{"subnets", {{{"subnet", "10.7.0.0/24"}}, {{"subnet", "fd07::/64"}}}}};
const json ipv6_alone = {{"subnets", {{{"subnet", "fd07::/64"}}}}};
const Annotations on_web = {{"io.ocinet.network", "web"}};

// fd07::2 and its like; link-local ones follow from the MAC address.
json global_addresses(const Place& place, const std::string& name) {
    json found = json::array();
    const json all = link(place, name);
    for (const auto& address : all["addr_info"]) {
        if (address["family"] == "inet6" && address["scope"] == "global") {
            found.push_back(address);
        }
    }
    return found;
}

} // namespace

TEST_CASE("an IPv6 address is usable the moment the hook has ended") {
    const Host host;
    const bool alone = GENERATE(false, true);
    host.write_network("web", alone ? ipv6_alone : dual_stack);
    const Container first(host, on_web);
    const Container second(host, on_web);
    first.attach();
    const json attached = only_attachment(second.attach());
    CHECK(attached["gateways"].back() == "fd07::1");
    for (const Container* box : {&first, &second}) {
        const json addresses = global_addresses(*box, "eth0");
        REQUIRE(addresses.size() == 1);
        CHECK_FALSE(addresses[0].value("tentative", false));
        CHECK_FALSE(addresses[0].value("dadfailed", false));
    }
    // Without waiting for anything: neighbour, gateway, host to container.
    CHECK(second.run("busybox ping -6 -c1 -W2 fd07::2").status == 0);
    CHECK(second.run("busybox ping -6 -c1 -W2 fd07::1").status == 0);
    CHECK(host.run("busybox ping -6 -c1 -W2 fd07::3").status == 0);
    CHECK(differences(host, first).empty());
    first.detach();
    second.detach();
    CHECK(leftovers(host) == nothing_left);
}

// Else it has a link-local address, and solicits routers, until IPv6 is off.
TEST_CASE("a bridge that somebody took down comes up again with IPv6 off") {
    const Host host;
    const Container neighbour(host, on_bridge);
    neighbour.attach();
    host.sh("ip link set ocinet0 down; echo 0 >/proc/sys/net/ipv6/conf/ocinet0/disable_ipv6");
    const Container box(host, on_bridge);
    int up_with_ipv6 = 0;
    int messages = 0;
    const auto look = [&](const Stop& stop) {
        if (!stop.before && stop.number == SYS_sendmsg) {
            ++messages;
            up_with_ipv6 += host.run("ip link show dev ocinet0 up | grep -q . && grep -qx 0 "
                                     "/proc/sys/net/ipv6/conf/ocinet0/disable_ipv6")
                                .status == 0;
        }
    };
    CHECK(trace_hook(host, box.state("createRuntime").dump(), {}, look).status == 0);
    CHECK(messages > 5);
    CHECK(up_with_ipv6 == 0);
    CHECK(differences(host, box).empty());
}

TEST_CASE("neither bridge nor container heeds a router advertisement") {
    const Host host;
    host.write_network("web", dual_stack);
    const Container box(host, on_web);
    // As a host gives it to a new namespace.
    box.sh("echo 1 >/proc/sys/net/ipv6/conf/default/accept_ra;"
           "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6");
    host.sh("echo 1 >/proc/sys/net/ipv6/conf/default/accept_ra");
    box.attach();
    CHECK(setting(host, "ipv6/conf/oc-web/accept_ra") == "0");
    CHECK(setting(host, "ipv6/conf/oc-web/autoconf") == "0");
    CHECK(setting(box, "ipv6/conf/eth0/accept_ra") == "0");
    CHECK(setting(box, "ipv6/conf/eth0/autoconf") == "0");
    CHECK(setting(box, "ipv6/conf/eth0/disable_ipv6") == "0");
    // What is for all interfaces is not ours to change.
    CHECK(setting(box, "ipv6/conf/default/disable_ipv6") == "1");
    CHECK(differences(host, box).empty());
    box.sh("echo 1 >/proc/sys/net/ipv6/conf/eth0/accept_ra");
    CHECK(differences(host, box) ==
          std::vector<std::string>{
              "network \"web\" (bridge): the container's eth0 heeds router advertisements"});
}

TEST_CASE(
    "interfaces that learn from routers go on when the host forwards IPv6, and are put back") {
    const Host host;
    const Host router;
    host.connect(router, "up0");
    host.sh("cd /proc/sys/net/ipv6/conf; echo 1 >up0/accept_ra; ip link add up1 type bridge;"
            "echo 0 >up1/accept_ra; echo 0 >all/forwarding");
    host.write_network("web", dual_stack);
    {
        const Container box(host, on_web);
        box.attach();
        CHECK(setting(host, "ipv6/conf/up0/accept_ra") == "2");
        CHECK(setting(host, "ipv6/conf/up1/accept_ra") == "0");
        CHECK(setting(host, "ipv6/conf/all/forwarding") == "1");
        box.detach();
        CHECK(setting(host, "ipv6/conf/up0/accept_ra") == "2"); // as long as the host forwards
    }
    const Host other;
    other.connect(router, "up2");
    other.sh("cd /proc/sys/net/ipv6/conf; echo 1 >up2/accept_ra; echo 1 >up2/forwarding");
    other.write_network("web", dual_stack);
    const Container refused(other, {{"io.ocinet.network", "web"}, {"io.ocinet.publish", "80:80"}});
    refused.sh("ip link add eth0 type bridge"); // in the way
    const auto before = other.snapshot();
    CHECK(refused.hook("createRuntime").status == 1);
    CHECK(difference(before, other.snapshot()) == no_difference);
}

TEST_CASE("neighbours with an old entry reach an IPv6 address's new owner") {
    const Host host;
    host.write_network("web", dual_stack);
    const Container neighbour(host, on_web);
    neighbour.attach();
    const auto request = [](const std::string& mac) {
        return Annotations{{"io.ocinet.network", "web:ip=fd07::77,mac=" + mac}};
    };
    {
        const Container first(host, request("02:00:00:00:00:01"));
        first.attach();
        neighbour.sh("ip neighbour replace fd07::77 dev eth0 lladdr 02:00:00:00:00:01 nud stale");
        first.detach();
    }
    const Container second(host, request("02:00:00:00:00:02"));
    second.attach();
    CHECK(eventually(
        [&] {
            return neighbour.sh("ip neighbour show fd07::77").find("02:00:00:00:00:02") !=
                   std::string::npos;
        },
        1s));
}

TEST_CASE("a port of both families is one port, and conflicts with either") {
    const Host host;
    host.write_network("web", dual_stack);
    const auto publishing = [](const std::string& ports) {
        return Annotations{{"io.ocinet.network", "web"}, {"io.ocinet.publish", ports}};
    };
    const Container first(host, publishing("80"));
    const json ports = only_attachment(first.attach())["ports"];
    REQUIRE(ports.size() == 2);
    const std::string v4 = ports[0];
    const std::string v6 = ports[1];
    CHECK_THAT(v4, contains("80/tcp -> 0.0.0.0:"));
    CHECK_THAT(v6, contains("80/tcp -> [::]:"));
    const std::string port = v4.substr(v4.rfind(':') + 1);
    CHECK(v6.substr(v6.rfind(':') + 1) == port);
    for (const auto& again : {port + ":80", "0.0.0.0:" + port + ":80", "[::]:" + port + ":80",
                              "[2001:db8::1]:" + port + ":80"}) {
        const Container second(host, publishing(again));
        const Result result = second.hook("createRuntime");
        CHECK(result.status == 1);
        CHECK_THAT(result.err, contains("published by container " + first.id()));
    }
    first.detach();
    // One family each: two different ports.
    const Container third(host, publishing("0.0.0.0:8080:80"));
    const Container fourth(host, publishing("[::]:8080:80"));
    third.attach();
    fourth.attach();
    CHECK(differences(host, third).empty());
    CHECK(differences(host, fourth).empty());
}

} // namespace ocinet::test
