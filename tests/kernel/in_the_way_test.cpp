// SPDX-License-Identifier: GPL-2.0-or-later
// What is in the way and is nobody's of ours: sockets of processes, interfaces of others. None of
// it is ever changed.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "tests/kernel/sample.h"
#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

struct Bound {
    std::string title;
    int type;
    std::string address;
    std::uint16_t port;
    std::string request;
    // Part of the message; empty when the socket is in nobody's way.
    std::string said;
    bool v6_only = false;
};

std::vector<Bound> all_bound() {
    const auto tcp = SOCK_STREAM;
    const auto udp = SOCK_DGRAM;
    return {
        {"tcp, wildcard", tcp, "0.0.0.0", 8080, "8080:80", "tcp port 8080 is bound on 0.0.0.0 by "},
        {"tcp, one address", tcp, "192.0.2.1", 8080, "8080:80",
         "tcp port 8080 is bound on 192.0.2.1 by "},
        {"tcp, the same address", tcp, "192.0.2.1", 8080, "192.0.2.1:8080:80", "port 8080"},
        {"tcp, wildcard, one address wanted", tcp, "0.0.0.0", 8080, "127.0.0.1:8080:80",
         "tcp port 8080 is bound on 0.0.0.0 by "},
        {"tcp, in a wanted range", tcp, "127.0.0.1", 9005, "9000-9010:9000-9010",
         "tcp port 9005 is bound on 127.0.0.1 by "},
        {"tcp, the range's last", tcp, "127.0.0.1", 9010, "9000-9010:9000-9010", "port 9010"},
        {"udp, wildcard", udp, "0.0.0.0", 53, "53:53/udp", "udp port 53 is bound on 0.0.0.0 by "},
        {"udp, one address", udp, "192.0.2.1", 53, "53:53/udp", "udp port 53"},
        {"tcp, the wildcard of both families", tcp, "::", 8080, "8080:80",
         "tcp port 8080 is bound"},
        {"udp, the wildcard of both families", udp, "::", 53, "53:53/udp", "udp port 53 is bound"},
        {"tcp, an IPv4 address as IPv6", tcp, "::ffff:192.0.2.1", 8080, "8080:80",
         "tcp port 8080 is bound on 192.0.2.1 by "},
        {"tcp, another address", tcp, "192.0.2.1", 8080, "127.0.0.1:8080:80", ""},
        {"tcp, another port", tcp, "0.0.0.0", 8081, "8080:80", ""},
        {"tcp, below a wanted range", tcp, "0.0.0.0", 8999, "9000-9010:9000-9010", ""},
        {"tcp, behind a wanted range", tcp, "0.0.0.0", 9011, "9000-9010:9000-9010", ""},
        {"another protocol", udp, "0.0.0.0", 8080, "8080:80", ""},
        {"tcp, an IPv6 address", tcp, "::1", 8080, "8080:80", ""},
        {"tcp, the wildcard of IPv6 alone", tcp, "::", 8080, "8080:80", "", true},
        {"udp, the wildcard of IPv6 alone", udp, "::", 53, "53:53/udp", "", true},
    };
}

sockaddr_storage socket_address(const Bound& bound, socklen_t& length) {
    sockaddr_storage storage{};
    if (bound.address.find(':') == std::string::npos) {
        auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
        v4.sin_family = AF_INET;
        v4.sin_port = htons(bound.port);
        ::inet_pton(AF_INET, bound.address.c_str(), &v4.sin_addr);
        length = sizeof v4;
    } else {
        auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(bound.port);
        ::inet_pton(AF_INET6, bound.address.c_str(), &v6.sin6_addr);
        length = sizeof v6;
    }
    return storage;
}

[[noreturn]] void occupy(const Bound& bound) {
    ::prctl(PR_SET_NAME, "squatter");
    socklen_t length = 0;
    const sockaddr_storage address = socket_address(bound, length);
    const Fd socket(::socket(address.ss_family, bound.type, 0));
    const int v6_only = bound.v6_only ? 1 : 0;
    if (address.ss_family == AF_INET6) {
        ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only);
    }
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
        (bound.type == SOCK_STREAM && ::listen(socket.get(), 1) != 0)) {
        throw_errno("bind");
    }
    write_all(STDOUT_FILENO, "bound", "stdout");
    while (true) {
        ::pause();
    }
}

} // namespace

TEST_CASE("a port that a process has bound") {
    const Bound bound = GENERATE(from_range(sampled(all_bound(), 4)));
    CAPTURE(bound.title);
    const Host host;
    host.sh("ip address add 192.0.2.1/32 dev lo");
    const Process squatter = host.start([&] { occupy(bound); });
    squatter.wait_for_output("bound");
    const Container box(host, {{"io.ocinet.publish", bound.request}});
    const auto before = host.snapshot();
    const Result result = box.hook("createRuntime");
    CAPTURE(result.err);
    if (bound.said.empty()) {
        CHECK(result.status == 0);
        return;
    }
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("ocinet: network \"bridge\" (bridge): ") &&
                               contains(bound.said) &&
                               contains("squatter (pid " + std::to_string(squatter.pid()) + ")"));
    CHECK(difference(before, host.snapshot()) == no_difference);
}

TEST_CASE("a port that is bound elsewhere is in nobody's way") {
    const Bound bound{"", SOCK_STREAM, "0.0.0.0", 8080, "8080:80", ""};
    const Host host;
    const Host other;
    const Container box(host, {{"io.ocinet.publish", "8080:80,8081:8080"}});
    const Process inside = box.start([&] { occupy(bound); });
    const Process outside = other.start([&] { occupy(bound); });
    inside.wait_for_output("bound");
    outside.wait_for_output("bound");
    CHECK(box.hook("createRuntime").status == 0);
}

TEST_CASE("random ports avoid what is taken") {
    const Host host;
    // Three ports are left above the kernel's own range... and a thousand at least must be: so the
    // ports below it are drawn from.
    host.sh("echo 2100 65532 >/proc/sys/net/ipv4/ip_local_port_range");
    const Container box(host, {{"io.ocinet.publish", "80,81,82,83/udp"}});
    const json ports = only_attachment(box.attach())["ports"];
    for (const auto& port : ports) {
        const std::string text = port;
        const int number = std::stoi(text.substr(text.rfind(':') + 1));
        CHECK((number >= 1024 && number < 2100));
    }
    host.sh("echo 1024 65535 >/proc/sys/net/ipv4/ip_local_port_range");
    const Container unlucky(host, {{"io.ocinet.publish", "80"}});
    const Result result = unlucky.hook("createRuntime");
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("ip_local_port_range"));
}

TEST_CASE("an interface of somebody else's with the bridge's name") {
    const std::string command =
        GENERATE("ip link add name ocinet0 type bridge",
                 "ip link add name ocinet0 type veth peer name other",
                 "ip link add name ocinet0 type bridge && ip link set ocinet0 alias ocinet::web",
                 "ip link add name ocinet0 type veth peer name other && "
                 "ip link set ocinet0 alias ocinet::bridge");
    CAPTURE(command);
    const Host host;
    host.sh(command);
    const auto before = host.snapshot();
    const Container box(host, on_bridge);
    const Result result = box.hook("createRuntime");
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("interface ocinet0") && contains("hint: ") &&
                               contains("network_interface"));
    CHECK(difference(before, host.snapshot()) == no_difference);
}

TEST_CASE("a bridge of ours that is not as it should be is made so") {
    const std::string command = GENERATE(
        "true", "ip link set ocinet0 up", "ip link set ocinet0 mtu 1400",
        "ip address add 192.0.2.1/24 dev ocinet0", "ip address add 10.90.0.1/16 dev ocinet0");
    CAPTURE(command);
    const Host host;
    host.sh("ip link add name ocinet0 type bridge && ip link set ocinet0 alias ocinet::bridge && " +
            command);
    const Container box(host, on_bridge);
    box.attach();
    CHECK(differences(host, box).empty());
    const json bridge = link(host, "ocinet0");
    // Without one of its own it would take its lowest port's, and change it with each container.
    CHECK(bridge["address"] == "02:0c:0a:5a:00:01");
    CHECK(bridge["addr_assign_type"] == 3);
    box.detach();
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("an interface in the container with the wanted name") {
    const Host host;
    const Container box(host, on_bridge);
    box.sh("ip link add name eth0 type veth peer name other");
    const auto before = host.snapshot();
    const auto inside = box.snapshot();
    const Result result = box.hook("createRuntime");
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("ip link add name oc") && contains("(EEXIST)") &&
                               contains("hint: the container has an interface eth0 already"));
    CHECK(difference(inside, box.snapshot()) == no_difference);
    CHECK(difference(before, host.snapshot()) == no_difference);
}

TEST_CASE("somebody else's table and rules stay") {
    const Host host;
    host.sh(
        "nft 'add table inet mine; add set inet mine bridges { type ifname; }; add element inet "
        "mine bridges { ocinet0 }; add table ip ocinet; add chain ip ocinet c'");
    const auto before = host.snapshot()["nft"];
    {
        const Container box(host, published);
        box.attach();
        box.detach();
    }
    CHECK(difference(before, host.snapshot()["nft"]) == no_difference);
}

TEST_CASE("a policy of another version is replaced, and the networks' elements with it") {
    const Host host;
    host.sh("nft 'add table inet ocinet { comment \"policy 0\"; }; add chain inet ocinet old'");
    const Container box(host, published);
    box.attach();
    CHECK(differences(host, box).empty());
    CHECK_THAT(host.sh("nft list table inet ocinet"), !contains("chain old"));
    box.detach();
    CHECK(leftovers(host) == nothing_left);
}

} // namespace ocinet::test
