// SPDX-License-Identifier: GPL-2.0-or-later
// Overlay networks whose tunnels WireGuard encrypts.
#include <csignal>

#include "netsetup/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/etcd.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

std::string missing_for_wireguard() {
    const Host host;
    if (host.run("ip link add wg0 type wireguard").status != 0) {
        return "this kernel has no WireGuard";
    }
    return host.run("command -v wg").status == 0 ? "" : "no wg";
}

json network(bool encrypted) {
    json network = network_of_etcd();
    network["options"]["encrypted"] = encrypted ? "true" : "false";
    return network;
}

json attachment(const Container& box) {
    return box.attach().at("attachments").at(0);
}

std::string address_in(const json& attachment) {
    const std::string text = attachment["addresses"][0];
    return text.substr(0, text.find('/'));
}

bool comes_to_reach(const Container& box, const std::string& address) {
    return eventually([&] { return box.run("busybox ping -c1 -W1 " + address).status == 0; }, 60s);
}

/// Two hosts with the network "blue", and etcd.
struct Two {
    explicit Two(bool encrypted) {
        for (auto* host : {&one, &two}) {
            host->host.write_network("blue", network(encrypted));
            host->start();
        }
        REQUIRE(one.knows("blue"));
        REQUIRE(two.knows("blue"));
    }

    Underlay net{2};
    Etcd etcd{net};
    OverlayHost one{net, etcd, 1};
    OverlayHost two{net, etcd, 2};
};

/// All that goes over the wire while `act` runs, as text, and a last packet of our own behind it.
std::string wire_during(const Underlay& net, const std::function<void()>& act) {
    Process capture = net.wire.start("exec tcpdump --immediate-mode -lnAi switch0 udp");
    if (!eventually([&] { return capture.err().find("listening on") != std::string::npos; })) {
        throw Error("tcpdump does not start: " + capture.err());
    }
    act();
    net.host(1).sh("bash -c 'echo THE-END >/dev/udp/192.0.2.2/9'");
    capture.wait_for_output("THE-END");
    capture.signal(SIGINT);
    return capture.wait().out;
}

} // namespace

TEST_CASE("encrypted: the wire shows nothing of what containers say", "[guest]") {
    SKIP_IF_MISSING(missing_for_etcd());
    SKIP_IF_MISSING(missing_for_wireguard());
    const bool encrypted = GENERATE(true, false); // the other is what would be seen
    CAPTURE(encrypted);
    const Two hosts(encrypted);
    const Container here = hosts.net.container(1, "blue");
    const Container there = hosts.net.container(2, "blue");
    here.attach();
    const std::string address = address_in(attachment(there));
    const Process server = there.start("exec busybox nc -ll -p 80 -e cat");
    const std::string seen = wire_during(hosts.net, [&] {
        REQUIRE(comes_to_reach(here, address));
        CHECK(here.run("echo A-SECRET | busybox nc -w5 " + address + " 80").out == "A-SECRET\n");
    });
    CHECK((seen.find("A-SECRET") != std::string::npos) == !encrypted);
    CHECK((seen.find(".4789:") != std::string::npos) == !encrypted);
    CHECK((seen.find(".51820:") != std::string::npos) == encrypted);
    // 1500 less what WireGuard and VXLAN take.
    const std::string mtu = encrypted ? "1370" : "1450";
    CHECK(json::parse(here.sh("ip -j link show dev eth0"))[0]["mtu"] == std::stoi(mtu));
    CHECK(here.run("busybox ping -c1 -W1 -s " + std::to_string(std::stoi(mtu) - 28) + " " + address)
              .status == 0);
    CHECK(hosts.net.host(1).run(cli_program() + " check").status == 0);
}

TEST_CASE("encrypted: a host's key stays on the host, and another one under its name is an alarm",
          "[guest]") {
    SKIP_IF_MISSING(missing_for_etcd());
    SKIP_IF_MISSING(missing_for_wireguard());
    Two hosts(true);
    const Host& host = hosts.net.host(1);
    const std::string file = "/var/lib/ocinet/overlay/wireguard.key";
    CHECK(host.sh("stat -c %a " + file) == "600\n");
    const std::string key = host.sh("cat " + file);
    const std::string public_key = host.sh("wg pubkey <" + file);
    CHECK(host.sh("wg show wg-ocinet public-key") == public_key);
    const auto said = json::parse(hosts.etcd.value("hosts/h1/self"));
    CHECK(said["public_key"].get<std::string>() + "\n" == public_key);
    CHECK(hosts.etcd.ctl("get --prefix /").find(key) == std::string::npos);
    CHECK(hosts.one.log().find(key) == std::string::npos);
    CHECK(host.run("grep -r '" + key.substr(0, 43) + "' /run/ocinet").status != 0);
    const auto peers = [&] { return host.sh("wg show wg-ocinet allowed-ips"); };
    REQUIRE(eventually([&] { return peers().find("fd6f:6369:") != std::string::npos; }));
    const std::string before = peers();

    // A thief of h2's password.
    auto stolen = json::parse(hosts.etcd.value("hosts/h2/self"));
    stolen["public_key"] = said["public_key"];
    stolen["address"] = "192.0.2.66";
    hosts.etcd.put({{"hosts/h2/self", stolen.dump()}});
    CHECK(hosts.one.says("ALARM: its key has changed"));
    CHECK(peers() == before);

    // It is the same host when it comes back.
    hosts.one.kill();
    hosts.one.start();
    CHECK(hosts.one.says("this host is there"));
    CHECK(host.sh("wg show wg-ocinet public-key") == public_key);
}

TEST_CASE("encrypted: without the interface no container starts, and no frame leaves", "[guest]") {
    SKIP_IF_MISSING(missing_for_etcd());
    SKIP_IF_MISSING(missing_for_wireguard());
    Two hosts(true);
    const Container here = hosts.net.container(1, "blue");
    const Container there = hosts.net.container(2, "blue");
    here.attach();
    const std::string address = address_in(attachment(there));
    REQUIRE(comes_to_reach(here, address));
    const Host& host = hosts.net.host(1);
    const auto check_nothing_leaves = [&] {
        const std::string seen = wire_during(
            hosts.net, [&] { CHECK(here.run("busybox ping -c1 -W1 " + address).status != 0); });
        CHECK_THAT(seen, !contains(".4789:"));
    };
    // Where routes lead elsewhere, as a neighbour's router advertisement can make them.
    host.sh(
        "for half in fd6f:6369::/33 fd6f:6369:8000::/33; do ip -6 route add $half dev up1; done");
    check_nothing_leaves();
    host.sh(
        "for half in fd6f:6369::/33 fd6f:6369:8000::/33; do ip -6 route del $half dev up1; done");
    CHECK(comes_to_reach(here, address));
    // Where the interface has lost its address, which comes back.
    host.sh("ip -6 address flush dev wg-ocinet");
    CHECK(comes_to_reach(here, address));
    for (const char* change : {"down", "mtu 1000"}) {
        CAPTURE(change);
        host.sh(std::string("ip link set wg-ocinet ") + change);
        CHECK(comes_to_reach(here, address));
    }
    hosts.one.kill();
    // Where the tunnels would lead otherwise.
    host.sh("ip -6 route add default via 2001:db8::2; ip -6 address flush dev wg-ocinet");
    check_nothing_leaves();
    host.sh("ip link delete wg-ocinet");
    check_nothing_leaves();
    const Container late = hosts.net.container(1, "blue");
    const Result refused = late.hook("createRuntime");
    CHECK(refused.status != 0);
    CHECK_THAT(refused.err, contains("the network is encrypted, and wg-ocinet does not have"));
    // The program brings it back, and a container the tunnels.
    hosts.one.start();
    CHECK(eventually([&] { return host.run("ip link show wg-ocinet").status == 0; }));
    CHECK(eventually([&] { return late.hook("createRuntime").status == 0; }));
    CHECK(comes_to_reach(here, address));
}

TEST_CASE("encrypted: a host that cannot encrypt says why, and takes no part") {
    SKIP_IF_MISSING(missing_for_etcd());
    const Underlay net(1);
    const Etcd etcd(net);
    OverlayHost one(net, etcd, 1);
    one.host.write_network("blue", network(true));
    // Whether or not this kernel has WireGuard, this is none.
    one.host.sh("ip link add wg-ocinet type bridge");
    one.start();
    CHECK(one.says("encrypted networks: the host has an interface wg-ocinet already"));
    CHECK(one.says("block 10.95."));
    CHECK(one.host.run("test -e /var/lib/ocinet/overlay/blue.json").status != 0);
    CHECK_FALSE(json::parse(etcd.value("hosts/h1/self")).contains("public_key"));
}

} // namespace ocinet::test
