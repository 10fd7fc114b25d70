// SPDX-License-Identifier: GPL-2.0-or-later
// Flows of UDP across a change of the published ports: the kernel remembers where a flow went, and
// would go on so.
#include "tests/support/catch.h"

#include <algorithm>
#include <memory>

#include "tests/policy/echo.h"
#include "tests/policy/layout.h"

namespace ocinet::test {

namespace {

constexpr std::uint16_t flow_port = 40000;

class Flows {
public:
    explicit Flows(bool bridge_nf) {
        set_bridge_nf(host, bridge_nf);
        host.connect(client, "lan0", "192.0.2.1/24", "192.0.2.2/24");
        client.sh("ip route add default via 192.0.2.1");
        // Each refusal is told, however many there are.
        host.sh("echo 0 >/proc/sys/net/ipv4/icmp_ratelimit");
        // The first attach makes the host watch flows at all.
        first = attach("10.90.0.10", "");
        servers.push_back(serve(*first, "first", {{.port = 80}}));
    }

    std::unique_ptr<Container> attach(const std::string& address, const std::string& publish) {
        Annotations annotations{{"io.ocinet.network", "bridge:ip=" + address}};
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

    // One more packet of the place's flow to an address and port.
    static Answer send(const Place& place, const std::string& address, std::uint16_t port,
                       const std::string& protocol = "udp", std::uint16_t source_port = flow_port) {
        return ask_one(place, {.protocol = protocol,
                               .address = address,
                               .port = port,
                               .word = "packet",
                               .patience = 5s,
                               .source_port = protocol == "udp" ? source_port : std::uint16_t(0)});
    }

    std::size_t count_flows(const std::string& filter) const {
        const std::string lines = host.sh("conntrack -L " + filter + " 2>/dev/null");
        return std::size_t(std::count(lines.begin(), lines.end(), '\n'));
    }

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
    return {{"outside", flows.client, "192.0.2.1"},
            {"a neighbour", *flows.first, "192.0.2.1"},
            {"the host, own address", flows.host, "192.0.2.1"},
            {"the host, loopback", flows.host, "127.0.0.1"},
            {"the host, an unnamed loopback address", flows.host, "127.0.0.2"}};
}

// A port of what is published, and how bridged frames are filtered.
struct Mapping {
    const char* publish;
    std::uint16_t port;
    bool bridge_nf;
};

std::vector<Mapping> mappings() {
    return {{"8080:80/udp", 8080, false},
            {"9000-9002:9000-9002/udp", 9001, missing_for_bridge_nf().empty()}};
}

} // namespace

TEST_CASE("a UDP flow that began before the attach reaches the container after it") {
    for (const auto& mapping : mappings()) {
        Flows flows(mapping.bridge_nf);
        for (const auto& way : ways_to_port(flows)) {
            INFO(mapping.publish << " from " << way.what);
            CHECK(Flows::send(way.place, way.address, mapping.port) == "refused");
        }
        // The control: there is something to forget.
        CHECK(flows.count_flows("-p udp --orig-port-dst " + std::to_string(mapping.port)) == 5);
        const auto web = flows.attach("web", "10.90.0.11", mapping.publish);
        for (const auto& way : ways_to_port(flows)) {
            INFO(mapping.publish << " from " << way.what);
            CHECK(Flows::send(way.place, way.address, mapping.port).starts_with("web "));
        }
    }
}

TEST_CASE("after the detach a UDP flow does not go on to whoever has the address then") {
    for (const auto& mapping : mappings()) {
        Flows flows(mapping.bridge_nf);
        const auto web = flows.attach("web", "10.90.0.11", mapping.publish);
        for (const auto& way : ways_to_port(flows)) {
            INFO(mapping.publish << " from " << way.what);
            CHECK(Flows::send(way.place, way.address, mapping.port).starts_with("web "));
        }
        web->detach();
        const auto heir = flows.attach("heir", "10.90.0.11", "");
        for (const auto& way : ways_to_port(flows)) {
            INFO(mapping.publish << " from " << way.what);
            CHECK(Flows::send(way.place, way.address, mapping.port) == "refused");
        }
    }
}

TEST_CASE("a host port that moves to another container takes its flows with it") {
    Flows flows(false);
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
            CHECK(Flows::send(way.place, way.address, 8080).starts_with(name));
            CHECK(Flows::send(way.place, way.address, 8080, "tcp").starts_with(name));
        }
    }
}

TEST_CASE("a container that only passes a port by keeps its flow") {
    Flows flows(false);
    flows.servers.push_back(serve(flows.client, "client", {{.port = 8080}}));
    const std::string ours = "-p udp --orig-port-dst 8080 --orig-src 10.90.0.10";
    CHECK(Flows::send(*flows.first, "192.0.2.2", 8080) == "client 192.0.2.1");
    CHECK(flows.count_flows(ours) == 1);
    const auto web = flows.attach("web", "10.90.0.11", "8080:80/udp");
    CHECK(flows.count_flows(ours) == 1);
    CHECK(Flows::send(*flows.first, "192.0.2.2", 8080) == "client 192.0.2.1");
    web->detach();
    CHECK(flows.count_flows(ours) == 1);
}

TEST_CASE("a container's ports are closed with it") {
    Flows flows(false);
    const auto web = flows.attach("web", "10.90.0.11", "8080:80/udp,8080:80/tcp");
    for (const char* protocol : {"tcp", "udp"}) {
        CHECK(Flows::send(flows.client, "192.0.2.1", 8080, protocol) == "web 192.0.2.2");
    }
    web->detach();
    for (const char* protocol : {"tcp", "udp"}) {
        CHECK(Flows::send(flows.client, "192.0.2.1", 8080, protocol) == "refused");
    }
}

} // namespace ocinet::test
