// SPDX-License-Identifier: GPL-2.0-or-later
// Flows of UDP across a change of the published ports: the kernel remembers where a flow went, and
// would go on so.
#include "tests/support/catch.h"

#include <sys/socket.h>

#include <algorithm>
#include <memory>

#include "tests/policy/echo.h"
#include "tests/policy/family.h"
#include "tests/policy/layout.h"

namespace ocinet::test {

namespace {

constexpr std::uint16_t flow_port = 40000;

class Flows {
public:
    explicit Flows(int of_family, bool bridge_nf = false) : family(of_family) {
        set_bridge_nf(host, bridge_nf);
        host.write_network(
            "bridge", {{"network_interface", "ocinet0"},
                       {"subnets", {{{"subnet", "10.90.0.0/16"}}, {{"subnet", "fd00:90::/64"}}}}});
        host.connect(client, "lan0", "192.0.2.1/24", "192.0.2.2/24");
        host.sh("ip address add 2001:db8:1::1/64 dev lan0 nodad");
        client.sh("ip address add 2001:db8:1::2/64 dev lan0 nodad;"
                  "ip route add default via 192.0.2.1; ip route add default via 2001:db8:1::1");
        // Each refusal is told, however many there are.
        host.sh("echo 0 >/proc/sys/net/ipv4/icmp_ratelimit;"
                "echo 0 >/proc/sys/net/ipv6/icmp/ratelimit");
        // The first attach makes the host watch flows at all.
        first = attach("10.90.0.10", "");
        servers.push_back(serve(*first, "first", {{.port = 80}}));
    }

    std::unique_ptr<Container> attach(const std::string& address, const std::string& publish) {
        Annotations annotations{
            {"io.ocinet.network", "bridge:ip=" + address + ",ip=" + in_family(address, AF_INET6)}};
        if (!publish.empty()) {
            annotations["io.ocinet.publish"] = publish;
        }
        auto container = std::make_unique<Container>(host, annotations);
        container->attach();
        return container;
    }

    // With a server that calls itself `name` at ports 80 and 9001.
    std::unique_ptr<Container> attach(const std::string& name, const std::string& address,
                                      const std::string& publish) {
        auto container = attach(address, publish);
        servers.push_back(serve(*container, name, {{.port = 80}, {.port = 9001}}));
        return container;
    }

    // One more packet of the place's flow to an address and port, or a new connection.
    Answer send(const Place& place, const std::string& address, std::uint16_t port,
                const std::string& protocol = "udp") const {
        return ask_one(place, {.protocol = protocol,
                               .address = in_family(address, family),
                               .port = port,
                               .word = "packet",
                               .patience = 5s,
                               .source_port = protocol == "udp" ? flow_port : std::uint16_t(0)});
    }

    std::size_t count_flows(const std::string& filter) const {
        const std::string lines =
            host.sh("conntrack -L -f " + std::string(family == AF_INET ? "ipv4 " : "ipv6 ") +
                    in_family(filter, family) + " 2>/dev/null");
        return std::size_t(std::count(lines.begin(), lines.end(), '\n'));
    }

    int family;
    Host host;
    Host client;
    std::unique_ptr<Container> first;
    std::vector<Process> servers;
};

struct Way {
    std::string what;
    const Place& place;
    std::string address;
};

// From everywhere that a published port is reached from.
std::vector<Way> ways_to_port(const Flows& flows) {
    std::vector<Way> ways = {{"outside", flows.client, "192.0.2.1"},
                             {"a neighbour", *flows.first, "192.0.2.1"},
                             {"the host, own address", flows.host, "192.0.2.1"}};
    if (flows.family == AF_INET) { // [::1] is refused: rows.cpp
        ways.push_back({"the host, loopback", flows.host, "127.0.0.1"});
        ways.push_back({"the host, an unnamed loopback address", flows.host, "127.0.0.2"});
    }
    return ways;
}

// A port of what is published, in which family, and how bridged frames are filtered.
struct Mapping {
    const char* publish;
    std::uint16_t port;
    int family;
    bool bridge_nf;
};

std::vector<Mapping> mappings() {
    const bool bridge_nf = missing_for_bridge_nf().empty();
    return {{"8080:80/udp", 8080, AF_INET, false},
            {"8080:80/udp", 8080, AF_INET6, bridge_nf},
            {"9000-9002:9000-9002/udp", 9001, AF_INET, bridge_nf},
            {"9000-9002:9000-9002/udp", 9001, AF_INET6, false}};
}

std::string text_of(const Mapping& mapping) {
    return std::string(mapping.publish) + (mapping.family == AF_INET ? ", IPv4" : ", IPv6");
}

} // namespace

TEST_CASE("a UDP flow that began before the attach reaches the container after it") {
    for (const auto& mapping : mappings()) {
        Flows flows(mapping.family, mapping.bridge_nf);
        for (const auto& way : ways_to_port(flows)) {
            INFO(text_of(mapping) << " from " << way.what);
            CHECK(flows.send(way.place, way.address, mapping.port) == "refused");
        }
        // The control: there is something to forget.
        CHECK(flows.count_flows("-p udp --orig-port-dst " + std::to_string(mapping.port)) ==
              ways_to_port(flows).size());
        const auto web = flows.attach("web", "10.90.0.11", mapping.publish);
        for (const auto& way : ways_to_port(flows)) {
            INFO(text_of(mapping) << " from " << way.what);
            CHECK(flows.send(way.place, way.address, mapping.port).starts_with("web "));
        }
    }
}

TEST_CASE("after the detach a UDP flow does not go on to whoever has the address then") {
    for (const auto& mapping : mappings()) {
        Flows flows(mapping.family, mapping.bridge_nf);
        const auto web = flows.attach("web", "10.90.0.11", mapping.publish);
        for (const auto& way : ways_to_port(flows)) {
            INFO(text_of(mapping) << " from " << way.what);
            CHECK(flows.send(way.place, way.address, mapping.port).starts_with("web "));
        }
        web->detach();
        const auto heir = flows.attach("heir", "10.90.0.11", "");
        for (const auto& way : ways_to_port(flows)) {
            INFO(text_of(mapping) << " from " << way.what);
            CHECK(flows.send(way.place, way.address, mapping.port) == "refused");
        }
    }
}

TEST_CASE("a host port that moves to another container takes its flows with it") {
    for (const int family : {AF_INET, AF_INET6}) {
        INFO("IPv" << (family == AF_INET ? 4 : 6));
        Flows flows(family);
        const std::string publish = "8080:80/udp,8080:80/tcp";
        std::unique_ptr<Container> old;
        for (const char* name : {"one", "two", "three"}) {
            INFO(name);
            const std::string address = "10.90.0." + std::to_string(20 + flows.servers.size());
            if (old) {
                old->detach();
            }
            old = flows.attach(name, address, publish);
            for (const auto& way : ways_to_port(flows)) {
                INFO("from " << way.what);
                CHECK(flows.send(way.place, way.address, 8080).starts_with(name));
                CHECK(flows.send(way.place, way.address, 8080, "tcp").starts_with(name));
            }
        }
    }
}

TEST_CASE("a container that only passes a port by keeps its flow") {
    for (const int family : {AF_INET, AF_INET6}) {
        INFO("IPv" << (family == AF_INET ? 4 : 6));
        Flows flows(family);
        flows.servers.push_back(serve(flows.client, "client", {{.port = 8080}}));
        const std::string ours = "-p udp --orig-port-dst 8080 --orig-src 10.90.0.10";
        CHECK(flows.send(*flows.first, "192.0.2.2", 8080) == in_family("client 192.0.2.1", family));
        CHECK(flows.count_flows(ours) == 1);
        const auto web = flows.attach("web", "10.90.0.11", "8080:80/udp");
        CHECK(flows.count_flows(ours) == 1);
        CHECK(flows.send(*flows.first, "192.0.2.2", 8080) == in_family("client 192.0.2.1", family));
        web->detach();
        CHECK(flows.count_flows(ours) == 1);
    }
}

TEST_CASE("a container's ports are closed with it") {
    for (const int family : {AF_INET, AF_INET6}) {
        INFO("IPv" << (family == AF_INET ? 4 : 6));
        Flows flows(family);
        const auto web = flows.attach("web", "10.90.0.11", "8080:80/udp,8080:80/tcp");
        for (const char* protocol : {"tcp", "udp"}) {
            CHECK(flows.send(flows.client, "192.0.2.1", 8080, protocol) ==
                  in_family("web 192.0.2.2", family));
        }
        web->detach();
        for (const char* protocol : {"tcp", "udp"}) {
            CHECK(flows.send(flows.client, "192.0.2.1", 8080, protocol) == "refused");
        }
    }
}

} // namespace ocinet::test
