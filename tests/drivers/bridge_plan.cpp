// SPDX-License-Identifier: GPL-2.0-or-later
// What the driver "bridge" decides, as the commands that its plan prints.
#include <nlohmann/json.hpp>

#include "netsetup/base/text.h"
#include "tests/drivers/request.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

// The names that seed 1 draws: ocbgxeqes5nrccj, ochd35ysfun425l.
const Lines cold_start = {
    "# lease 10.90.0.5 of network bridge",
    "nft -f /share/policy.nft",
    R"(nft add element inet ocinet guarded4 '{ "eth0" }')",
    R"(nft add element inet ocinet guarded4 '{ "wlan0" }')",
    R"(nft add element inet ocinet foreign4 '{ "eth0" }')",
    R"(nft add element inet ocinet foreign4 '{ "wlan0" }')",
    "sysctl -w net.ipv4.ip_forward=1",
    "ip link add name ocbgxeqes5nrccj address 02:0c:0a:5a:00:01 mtu 1500 type bridge",
    "sysctl -w net.ipv6.conf.ocbgxeqes5nrccj.disable_ipv6=1",
    "sysctl -w net.ipv4.conf.ocbgxeqes5nrccj.forwarding=1",
    "sysctl -w net.ipv4.conf.ocbgxeqes5nrccj.route_localnet=1",
    "ip address replace 10.90.0.1/16 brd + dev ocbgxeqes5nrccj",
    "ip link set dev ocbgxeqes5nrccj name ocinet0 alias ocinet::bridge up",
    R"(nft add element inet ocinet bridges '{ "ocinet0" comment "bridge" }')",
    R"(nft add element inet ocinet same '{ "ocinet0" . "ocinet0" comment "bridge" }')",
    R"(nft add element inet ocinet masq4 '{ 10.90.0.0/16 comment "bridge" }')",
    R"(nft add element inet ocinet hairpin4 '{ 10.90.0.0/16 . 10.90.0.0/16 comment "bridge" }')",
    "# lease tcp port 0.0.0.0:8080",
    "# lease udp port 127.0.0.1:5353",
    R"(nft add element bridge ocinet macs '{ "ochd35ysfun425l" . 02:0c:0a:5a:00:05 comment "c1 bridge" }')",
    R"(nft add element bridge ocinet source4 '{ "ochd35ysfun425l" . 02:0c:0a:5a:00:05 . 10.90.0.5 comment "c1 bridge" }')",
    R"(nft add element bridge ocinet checked '{ "ochd35ysfun425l" comment "c1 bridge" }')",
    R"(ip link add name ochd35ysfun425l address fe:0c:0a:5a:00:05 mtu 1500 numtxqueues 1 numrxqueues 1 master ocinet0 type veth peer name eth0 address 02:0c:0a:5a:00:05 mtu 1500 numtxqueues 1 numrxqueues 1 netns $PID)",
    "sysctl -w net.ipv6.conf.ochd35ysfun425l.disable_ipv6=1",
    "ip link set dev ochd35ysfun425l alias ocinet:c1:bridge up",
    "ip link set dev ochd35ysfun425l type bridge_slave hairpin on group_fwd_mask 65533",
    "nsenter -t $PID -n ip link set dev lo up",
    "nsenter -t $PID -n sysctl -w net.ipv6.conf.eth0.disable_ipv6=1",
    "nsenter -t $PID -n ip link set dev eth0 up",
    "nsenter -t $PID -n ip address add 10.90.0.5/16 brd + dev eth0",
    "nsenter -t $PID -n ip route add default via 10.90.0.1 dev eth0",
    R"(nft add element inet ocinet any4 '{ tcp . 8080 comment "c1 bridge" : 10.90.0.5 . 80 }')",
    R"(nft add element inet ocinet addr4 '{ 127.0.0.1 . udp . 5353 comment "c1 bridge" : 10.90.0.5 . 53 }')",
    "conntrack -D -p udp --orig-dst 127.0.0.1 --orig-port-dst 5353 || :",
    "nsenter -t $PID -n ip neigh replace 10.90.0.5 lladdr ff:ff:ff:ff:ff:ff nud probe dev eth0",
    "[ -z \"$(tail -c1 /bundle/hosts)\" ] || echo >>/bundle/hosts",
    R"(printf '%s\n' '10.90.0.5 web h1 # ocinet bridge' >>/bundle/hosts)",
    R"(printf '%s\n' '10.90.0.1 host.containers.internal host.docker.internal # ocinet bridge' >>/bundle/hosts)",
};

const Lines cold_end = {
    R"(# remove the lines that end in "ocinet bridge" from /bundle/hosts)",
    "nft delete element inet ocinet any4 '{ tcp . 8080 }'",
    "nft delete element inet ocinet addr4 '{ 127.0.0.1 . udp . 5353 }'",
    "conntrack -D -p udp --orig-dst 127.0.0.1 --orig-port-dst 5353 || :",
    "# addresses and routes go with eth0",
    "# lo stays up",
    "ip link delete dev ochd35ysfun425l",
    R"(nft delete element bridge ocinet macs '{ "ochd35ysfun425l" . 02:0c:0a:5a:00:05 }')",
    R"(nft delete element bridge ocinet source4 '{ "ochd35ysfun425l" . 02:0c:0a:5a:00:05 . 10.90.0.5 }')",
    R"(nft delete element bridge ocinet checked '{ "ochd35ysfun425l" }')",
    "# release udp port 127.0.0.1:5353",
    "# release tcp port 0.0.0.0:8080",
    R"(nft delete element inet ocinet bridges '{ "ocinet0" }')",
    R"(nft delete element inet ocinet same '{ "ocinet0" . "ocinet0" }')",
    "nft delete element inet ocinet masq4 '{ 10.90.0.0/16 }'",
    "nft delete element inet ocinet hairpin4 '{ 10.90.0.0/16 . 10.90.0.0/16 }'",
    "ip link delete dev ocinet0",
    "sysctl -w net.ipv4.ip_forward=0",
    R"(nft delete element inet ocinet guarded4 '{ "eth0" }')",
    R"(nft delete element inet ocinet guarded4 '{ "wlan0" }')",
    R"(nft delete element inet ocinet foreign4 '{ "eth0" }')",
    R"(nft delete element inet ocinet foreign4 '{ "wlan0" }')",
    "nft delete table inet ocinet",
    "nft delete table bridge ocinet",
    "# release 10.90.0.5 of network bridge",
};

const Lines every_option = {
    "# lease 10.1.0.5 of network web",
    "nft -f /share/policy.nft",
    "ip link add name ocbgxeqes5nrccj address 02:0c:0a:01:00:fe mtu 9000 type bridge",
    "sysctl -w net.ipv6.conf.ocbgxeqes5nrccj.disable_ipv6=1",
    "sysctl -w net.ipv4.conf.ocbgxeqes5nrccj.route_localnet=0",
    "ip address replace 10.1.0.254/24 brd + dev ocbgxeqes5nrccj",
    "ip link set dev ocbgxeqes5nrccj name br.web alias ocinet::web up",
    R"(nft add element inet ocinet bridges '{ "br.web" comment "web" }')",
    R"(nft add element inet ocinet same '{ "br.web" . "br.web" comment "web" }')",
    R"(nft add element inet ocinet internals '{ "br.web" comment "web" }')",
    R"(nft add element inet ocinet limited '{ "br.web" comment "web" }')",
    R"(nft add element bridge ocinet macs '{ "ochd35ysfun425l" . 02:00:00:00:00:01 comment "c1 web" }')",
    R"(nft add element bridge ocinet source4 '{ "ochd35ysfun425l" . 02:00:00:00:00:01 . 10.1.0.5 comment "c1 web" }')",
    R"(nft add element bridge ocinet checked '{ "ochd35ysfun425l" comment "c1 web" }')",
    R"(ip link add name ochd35ysfun425l address fe:0c:0a:01:00:05 mtu 9000 numtxqueues 1 numrxqueues 1 master br.web type veth peer name eth1.5 address 02:00:00:00:00:01 mtu 9000 numtxqueues 1 numrxqueues 1 netns $PID)",
    "sysctl -w net.ipv6.conf.ochd35ysfun425l.disable_ipv6=1",
    "ip link set dev ochd35ysfun425l alias ocinet:c1:web up",
    "ip link set dev ochd35ysfun425l type bridge_slave hairpin on group_fwd_mask 65533",
    "nsenter -t $PID -n ip link set dev lo up",
    "nsenter -t $PID -n sysctl -w net/ipv6/conf/eth1.5/disable_ipv6=1",
    "nsenter -t $PID -n ip link set dev eth1.5 up",
    "nsenter -t $PID -n ip address add 10.1.0.5/24 brd + dev eth1.5",
    "nsenter -t $PID -n ip route add 10.2.0.0/16 via 10.1.0.2 dev eth1.5 metric 7",
    "nsenter -t $PID -n ip neigh replace 10.1.0.5 lladdr ff:ff:ff:ff:ff:ff nud probe dev eth1.5",
};

const char* const internal_network =
    R"({"subnets":[{"subnet":"10.1.0.0/24","gateway":"10.1.0.254"}],
    "internal":true,"options":{"mtu":"9000"},"network_interface":"br.web",
    "routes":[{"destination":"10.2.0.0/16","gateway":"10.1.0.2","metric":7}]})";

std::string text(const Lines& lines) {
    return join(lines, "\n");
}

} // namespace

TEST_CASE("a bridge network on a host that has nothing of it yet") {
    auto request = request_for("", "", "8080:80,127.0.0.1:5353:53/udp");
    request.container_name = "web";
    request.bundle.hostname = "h1";
    request.bundle.hosts = {.source = "/bundle/hosts"};
    auto view = cold_view();
    view.ports = {8080, 5353};
    const Plan plan = planned(request, view);
    CHECK(text(apply_commands(plan)) == text(cold_start));
    CHECK(text(undo_commands(plan)) == text(cold_end));
    CHECK(plan.notes.empty());
    CHECK(nlohmann::json(plan.attached) == nlohmann::json::parse(R"([{
        "network":"bridge","driver":"bridge","interface":"eth0","host_interface":"ochd35ysfun425l",
        "mac":"02:0c:0a:5a:00:05","addresses":["10.90.0.5/16"],"gateways":["10.90.0.1"],
        "ports":["80/tcp -> 0.0.0.0:8080","53/udp -> 127.0.0.1:5353"]}])"));
}

TEST_CASE("a bridge network with every option of its file and of the request") {
    auto view = cold_view();
    view.addresses = {ip("10.1.0.5")};
    const Plan plan = planned(
        request_for(internal_network, "ip=10.1.0.5,mac=02:00:00:00:00:01,interface_name=eth1.5"),
        view);
    CHECK(text(apply_commands(plan)) == text(every_option));
    CHECK(nlohmann::json(plan.attached) == nlohmann::json::parse(R"([{
        "network":"web","driver":"bridge","interface":"eth1.5","host_interface":"ochd35ysfun425l",
        "mac":"02:00:00:00:00:01","addresses":["10.1.0.5/24"],"gateways":[],"ports":[]}])"));
}

TEST_CASE("the second container of a network leaves what is shared alone") {
    const Plan plan = planned(request_for(), warm_view());
    for (const auto& step : plan.shared) {
        const auto [apply, undo] = describe(step.operation);
        for (const auto& command : apply) {
            // That the elements are there is nothing to rely on; adding them again changes nothing.
            CHECK((command.starts_with("# ") || command.starts_with("nft add element ")));
        }
        for (const auto& command : undo) {
            CHECK(command.starts_with("# "));
        }
    }
    // The operations are there all the same: each counts the container among the users.
    CHECK_FALSE(operation<ops::EnsureBridge>(plan).addresses.empty());
    CHECK(operation<ops::EnsurePolicy>(plan).loaded);
    CHECK_FALSE(operation<ops::ShareElements>(plan).elements.empty());
    CHECK_FALSE(operation<ops::EnableForwarding>(plan).turn_on);
}

TEST_CASE("the same request and view give the same plan, another seed other names") {
    const auto json_of = [](std::uint64_t seed) {
        auto request = request_for();
        request.seed = seed;
        return nlohmann::json(planned(request, cold_view()));
    };
    CHECK(json_of(5) == json_of(5));
    CHECK(json_of(5) != json_of(6));
}

TEST_CASE("an element names an interface so that nft and the shell take it") {
    // nft takes `accept`, `table` and `0br` for something else, and a host's interface (it gets
    // into the set `guarded`) may be called almost anything: the printed command must hold for all.
    CHECK(nft::add_command({.set = "bridges", .key = {"accept"}, .comment = "web"}) ==
          R"(nft add element inet ocinet bridges '{ "accept" comment "web" }')");
    CHECK(nft::delete_command({.set = "same", .key = {"0br", "0br"}}) ==
          R"(nft delete element inet ocinet same '{ "0br" . "0br" }')");
    CHECK(nft::add_command({.set = "guarded4", .key = {"it's"}}) ==
          R"(nft add element inet ocinet guarded4 '{ "it'\''s" }')");
}

} // namespace ocinet::test
