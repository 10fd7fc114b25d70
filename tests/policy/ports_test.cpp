// SPDX-License-Identifier: GPL-2.0-or-later
// Random host ports: none that the kernel gives to outgoing connections by itself. And as many
// ports as a range may have.
#include "tests/support/catch.h"

#include "tests/policy/echo.h"
#include "tests/policy/layout.h"

namespace ocinet::test {

namespace {

struct Range {
    unsigned first;
    unsigned last;
};

// The host ports of an attachment: `80/tcp -> 0.0.0.0:61234`.
std::vector<unsigned> host_ports(const nlohmann::json& result) {
    std::vector<unsigned> ports;
    for (const auto& line : result["attachments"][0]["ports"]) {
        const auto text = line.get<std::string>();
        ports.push_back(unsigned(std::stoul(text.substr(text.rfind(':') + 1))));
    }
    return ports;
}

} // namespace

TEST_CASE("a random port lies outside ip_local_port_range and is reached") {
    for (const Range range : {Range{32768, 60999}, Range{10000, 64000}, Range{3000, 65535}}) {
        const Host host;
        const Host client;
        host.connect(client, "lan0", "192.0.2.1/24", "192.0.2.2/24");
        host.sh("echo " + std::to_string(range.first) + " " + std::to_string(range.last) +
                " >/proc/sys/net/ipv4/ip_local_port_range");
        const Container container(host, {{"io.ocinet.publish", "80,81,80/udp"}});
        const auto ports = host_ports(container.attach());
        const Process server = serve(container, "web", {{.port = 80}, {.port = 81}});
        REQUIRE(ports.size() == 3);
        for (std::size_t i = 0; i < ports.size(); ++i) {
            INFO("port " << ports[i]);
            CHECK(ports[i] >= 1024);
            CHECK((ports[i] < range.first || ports[i] > range.last));
            CHECK(ask_one(client, {.protocol = i == 2 ? "udp" : "tcp",
                                   .address = "192.0.2.1",
                                   .port = std::uint16_t(ports[i]),
                                   .word = "packet",
                                   .patience = 5s}) == "web 192.0.2.2");
        }
    }
}

// Shifted, so that each is an element of its own.
TEST_CASE("of ten thousand ports the first and the last are reached, their neighbours not") {
    const Host host;
    const Host client;
    host.connect(client, "lan0", "192.0.2.1/24", "192.0.2.2/24");
    const Container container(host, {{"io.ocinet.publish", "20000-29999:10000-19999"}});
    container.attach();
    const Process server =
        serve(container, "web",
              {{.port = 9999}, {.port = 10000}, {.port = 15000}, {.port = 19999}, {.port = 20000}});
    const auto ask = [&](std::uint16_t port) {
        return ask_one(client,
                       {.protocol = "tcp", .address = "192.0.2.1", .port = port, .patience = 5s});
    };
    for (const std::uint16_t port : {20000, 25000, 29999}) {
        INFO(port);
        CHECK(ask(port) == "web 192.0.2.2");
    }
    for (const std::uint16_t port : {19999, 30000}) {
        INFO(port);
        CHECK(ask(port) == "refused");
    }
    container.detach();
    CHECK(ask(25000) == "refused");
    CHECK(host.sh("nft list map inet ocinet any4").find("20000") == std::string::npos);
}

} // namespace ocinet::test
