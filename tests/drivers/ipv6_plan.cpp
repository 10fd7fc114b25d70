// SPDX-License-Identifier: GPL-2.0-or-later
// What the driver "bridge" decides where there is IPv6, and on an operator's bridge.
#include <nlohmann/json.hpp>

#include "netsetup/base/text.h"
#include "tests/base/caught.h"
#include "tests/drivers/request.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

const char* const dual_stack = R"({"subnets":[{"subnet":"10.1.0.0/24"},{"subnet":"fd01::/64"}],
    "routes":[{"destination":"fd09::/16","gateway":"fd01::9","metric":5},
              {"destination":"10.9.0.0/16","route_type":"blackhole"}]})";

HostView dual_stack_view() {
    auto view = cold_view();
    view.addresses = {ip("10.1.0.5"), ip("fd01::5")};
    return view;
}

// Without what other tests have shown.
Lines without(const Lines& lines, const std::vector<std::string>& words) {
    Lines rest;
    for (const auto& line : lines) {
        const bool hit = std::any_of(words.begin(), words.end(), [&](const std::string& word) {
            return line.find(word) != std::string::npos;
        });
        if (!hit) {
            rest.push_back(line);
        }
    }
    return rest;
}

} // namespace

TEST_CASE("a network with both families") {
    auto request = request_for(dual_stack, "", "8080:80");
    request.publish.at(0).ipv6 = true;
    auto view = dual_stack_view();
    view.ports = {8080};
    const Plan plan = planned(request, view);
    const Lines expected = {
        "# lease 10.1.0.5 of network web",
        "# lease fd01::5 of network web",
        "nft -f /share/policy.nft",
        "sysctl -w net.ipv4.ip_forward=1",
        "sysctl -w net.ipv6.conf.all.forwarding=1",
        "ip link add name ocbgxeqes5nrccj address 02:0c:0a:01:00:01 mtu 1500 type bridge",
        "sysctl -w net.ipv6.conf.ocbgxeqes5nrccj.accept_ra=0",
        "sysctl -w net.ipv6.conf.ocbgxeqes5nrccj.autoconf=0",
        "sysctl -w net.ipv6.conf.ocbgxeqes5nrccj.disable_ipv6=0",
        "sysctl -w net.ipv4.conf.ocbgxeqes5nrccj.forwarding=1",
        "sysctl -w net.ipv4.conf.ocbgxeqes5nrccj.route_localnet=1",
        "ip address replace 10.1.0.1/24 brd + dev ocbgxeqes5nrccj",
        "ip address replace fd01::1/64 nodad dev ocbgxeqes5nrccj",
        "ip link set dev ocbgxeqes5nrccj name oc-web alias ocinet::web up",
        "# lease tcp port 0.0.0.0:8080",
        "# lease tcp port [::]:8080",
        R"(nft add element bridge ocinet macs '{ "ochd35ysfun425l" . 02:0c:0a:01:00:05 comment "c1 web" }')",
        R"(nft add element bridge ocinet source4 '{ "ochd35ysfun425l" . 02:0c:0a:01:00:05 . 10.1.0.5 comment "c1 web" }')",
        R"(nft add element bridge ocinet source6 '{ "ochd35ysfun425l" . 02:0c:0a:01:00:05 . fd01::5 comment "c1 web" }')",
        R"(nft add element bridge ocinet targets '{ "ochd35ysfun425l" . 02:0c:0a:01:00:05 . 0xfd010000000000000000000000000005 comment "c1 web" }')",
        R"(nft add element bridge ocinet source6 '{ "ochd35ysfun425l" . 02:0c:0a:01:00:05 . fe80::c:aff:fe01:5 comment "c1 web" }')",
        R"(nft add element bridge ocinet targets '{ "ochd35ysfun425l" . 02:0c:0a:01:00:05 . 0xfe80000000000000000c0afffe010005 comment "c1 web" }')",
        R"(nft add element bridge ocinet lladdrs '{ "ochd35ysfun425l" . 0x020c0a010005 comment "c1 web" }')",
        R"(nft add element bridge ocinet checked '{ "ochd35ysfun425l" comment "c1 web" }')",
        "ip link add name ochd35ysfun425l address fe:0c:0a:01:00:05 mtu 1500 numtxqueues 1 "
        "numrxqueues 1 master oc-web type veth peer name eth0 address 02:0c:0a:01:00:05 mtu 1500 "
        "numtxqueues 1 numrxqueues 1 netns $PID",
        "sysctl -w net.ipv6.conf.ochd35ysfun425l.disable_ipv6=1",
        "ip link set dev ochd35ysfun425l alias ocinet:c1:web up",
        "ip link set dev ochd35ysfun425l type bridge_slave hairpin on group_fwd_mask 65533",
        "nsenter -t $PID -n ip link set dev lo up",
        "nsenter -t $PID -n sysctl -w net.ipv6.conf.eth0.accept_ra=0",
        "nsenter -t $PID -n sysctl -w net.ipv6.conf.eth0.autoconf=0",
        "nsenter -t $PID -n sysctl -w net.ipv6.conf.eth0.disable_ipv6=0",
        "nsenter -t $PID -n sysctl -w net.ipv6.conf.eth0.ndisc_notify=1",
        "nsenter -t $PID -n sysctl -w net.ipv6.conf.eth0.addr_gen_mode=0",
        "nsenter -t $PID -n ip link set dev eth0 up",
        "nsenter -t $PID -n ip address add 10.1.0.5/24 brd + dev eth0",
        "nsenter -t $PID -n ip address add fd01::5/64 nodad dev eth0",
        "nsenter -t $PID -n ip route add default via 10.1.0.1 dev eth0",
        "nsenter -t $PID -n ip -6 route add default via fd01::1 dev eth0",
        "nsenter -t $PID -n ip -6 route add fd09::/16 via fd01::9 dev eth0 metric 5",
        "nsenter -t $PID -n ip route add blackhole 10.9.0.0/16 proto 111",
        R"(nft add element inet ocinet any4 '{ tcp . 8080 comment "c1 web" : 10.1.0.5 . 80 }')",
        R"(nft add element inet ocinet any6 '{ tcp . 8080 comment "c1 web" : fd01::5 . 80 }')",
        "nsenter -t $PID -n ip neigh replace 10.1.0.5 lladdr ff:ff:ff:ff:ff:ff nud probe dev eth0",
        "nsenter -t $PID -n ip link set dev eth0 address 02:0c:0a:01:00:05",
    };
    CHECK(join(without(apply_commands(plan), {"guarded", "foreign", " comment \"web\""}), "\n") ==
          join(expected, "\n"));
    CHECK(nlohmann::json(plan.attached) == nlohmann::json::parse(R"([{
        "network":"web","driver":"bridge","interface":"eth0","host_interface":"ochd35ysfun425l",
        "mac":"02:0c:0a:01:00:05","addresses":["10.1.0.5/24","fd01::5/64"],
        "gateways":["10.1.0.1","fd01::1"],
        "ports":["80/tcp -> 0.0.0.0:8080","80/tcp -> [::]:8080"]}])"));
}

TEST_CASE("a network of IPv6 alone asks nothing of IPv4") {
    const auto request = request_for(R"({"subnets":[{"subnet":"fd01::/64"}]})");
    auto view = cold_view();
    view.addresses = {ip("fd01::5")};
    const Plan plan = planned(request, view);
    const auto text = join(apply_commands(plan), "\n");
    CHECK_THAT(text, !contains("ip_forward") && contains("net.ipv6.conf.all.forwarding=1"));
    CHECK_FALSE(operation<ops::EnsureBridge>(plan).routed);
    CHECK(plan.attached.at(0).mac == "02:0c:00:00:00:05");
    CHECK(plan.attached.at(0).gateways == Lines{"fd01::1"});
    const HostQuery query = drivers::driver_for(request).query(request);
    CHECK(query.forwarding6);
    CHECK_FALSE(query.forwarding4);
}

TEST_CASE("a host that learns from routers goes on to, and is guarded, when it forwards") {
    auto view = dual_stack_view();
    view.ipv4.on = true;
    view.interfaces = {{.name = "lo", .heeds_routers = true},
                       {.name = "eth0", .heeds_routers = true},
                       {.name = "eth1", .forwards_ipv4 = true, .forwards_ipv6 = true}};
    const auto op = [&] {
        for (const auto& step : planned(request_for(dual_stack), view).shared) {
            const auto* found = std::get_if<ops::EnableForwarding>(&step.operation);
            if (found && found->ipv6) {
                return *found;
            }
        }
        return ops::EnableForwarding{};
    }();
    const auto [apply, undo] = describe(op);
    CHECK(apply == Lines{R"(nft add element inet ocinet guarded6 '{ "eth0" }')",
                         R"(nft add element inet ocinet foreign6 '{ "eth0" }')",
                         R"(nft add element inet ocinet foreign6 '{ "eth1" }')",
                         "sysctl -w net.ipv6.conf.eth0.accept_ra=2",
                         "sysctl -w net.ipv6.conf.all.forwarding=1"});
    CHECK(Lines(undo.begin(), undo.begin() + 3) ==
          Lines{"sysctl -w net.ipv6.conf.all.forwarding=0",
                "sysctl -w net.ipv6.conf.eth1.forwarding=1",
                "sysctl -w net.ipv6.conf.eth0.accept_ra=1"});
}

TEST_CASE("a static address of each subnet, and no second one") {
    const auto fixed = [](const std::string& options) {
        const auto request = request_for(dual_stack, options);
        Lines found;
        for (const auto& address : drivers::driver_for(request).query(request).addresses) {
            found.push_back(address.fixed ? address.fixed->text() : "any");
        }
        return join(found, " ");
    };
    CHECK(fixed("ip=fd01::7") == "any fd01::7");
    CHECK(fixed("ip=fd01::7,ip=10.1.0.7") == "10.1.0.7 fd01::7");
    CHECK(fixed("ip6=fd01::ffff:ffff:ffff:ffff") == "any fd01::ffff:ffff:ffff:ffff");
    const auto refusal = [&](const std::string& options) {
        return message_of([&] { fixed(options); });
    };
    const std::string label = "network \"web\" (bridge): ip=";
    CHECK(refusal("ip=10.1.0.7,ip=10.1.0.8") ==
          label + "10.1.0.8: a second address of 10.1.0.0/24");
    CHECK(refusal("ip=fd01::") == label + "fd01::: the address of any router (RFC 4291, 2.6.1)");
    CHECK(refusal("ip=fd01::1") == label + "fd01::1: the gateway's address");
    CHECK(refusal("ip=fd02::1") ==
          label + "fd02::1: not in the network's subnet 10.1.0.0/24, fd01::/64");
}

TEST_CASE("the MTU is the network's, the bridge's, or the smaller of 1500 and the way out's") {
    const auto mtu_with = [](std::optional<unsigned> way_out, std::optional<unsigned> bridge,
                             const std::string& option) {
        auto view = bridge ? warm_view() : cold_view();
        view.default_route_mtu = way_out;
        if (bridge) {
            view.bridge->mtu = *bridge;
            view.bridge->name = "oc-web";
            view.bridge->alias = "ocinet::web";
        }
        view.addresses = {ip("10.1.0.5")};
        const auto request =
            request_for(R"({"subnets":[{"subnet":"10.1.0.0/24"}],"options":{)" + option + "}}");
        const Plan plan = planned(request, view);
        CHECK(operation<ops::CreateVeth>(plan).mtu == operation<ops::EnsureBridge>(plan).mtu);
        return operation<ops::EnsureBridge>(plan).mtu;
    };
    CHECK(mtu_with({}, {}, "") == 1500);
    CHECK(mtu_with(1420, {}, "") == 1420);
    CHECK(mtu_with(9000, {}, "") == 1500);
    CHECK(mtu_with(1420, 1400, "") == 1400);
    CHECK(mtu_with(1420, 1400, R"("mtu":"9000")") == 9000);
}

TEST_CASE("an operator's bridge gets a port and nothing else") {
    const std::string file = R"({"subnets":[{"subnet":"10.1.0.0/24"}],
        "network_interface":"br0","options":{"mode":"unmanaged"}})";
    auto view = cold_view();
    view.addresses = {ip("10.1.0.5")};
    view.bridge = link::Link{.index = 4, .name = "br0", .kind = "bridge", .up = true, .mtu = 9000};
    const Plan plan = planned(request_for(file), view);
    CHECK(join(apply_commands(plan), "\n") ==
          join(
              Lines{
                  "# lease 10.1.0.5 of network web",
                  "ip link add name ocbgxeqes5nrccj address fe:0c:0a:01:00:05 mtu 9000 "
                  "numtxqueues 1 numrxqueues 1 master br0 type veth peer name eth0 address "
                  "02:0c:0a:01:00:05 mtu 9000 numtxqueues 1 numrxqueues 1 netns $PID",
                  "sysctl -w net.ipv6.conf.ocbgxeqes5nrccj.disable_ipv6=1",
                  "ip link set dev ocbgxeqes5nrccj alias ocinet:c1:web up",
                  "ip link set dev ocbgxeqes5nrccj type bridge_slave hairpin on",
                  "nsenter -t $PID -n ip link set dev lo up",
                  "nsenter -t $PID -n sysctl -w net.ipv6.conf.eth0.disable_ipv6=1",
                  "nsenter -t $PID -n ip link set dev eth0 up",
                  "nsenter -t $PID -n ip address add 10.1.0.5/24 brd + dev eth0",
                  "nsenter -t $PID -n ip route add default via 10.1.0.1 dev eth0",
                  "nsenter -t $PID -n ip neigh replace 10.1.0.5 lladdr ff:ff:ff:ff:ff:ff nud probe "
                  "dev eth0",
              },
              "\n"));
    const auto request = request_for(file);
    CHECK_FALSE(drivers::driver_for(request).query(request).firewall);
    CHECK(drivers::driver_for(request).query(request).subnets.empty());

    view.bridge.reset();
    CHECK(message_of([&] { planned(request, view); }) ==
          "network \"web\" (bridge): there is no bridge br0");
    CHECK(message_of([&] { planned(request_for(file, "", "80:80"), view); }) ==
          "network \"web\" (bridge): no port of an unmanaged network can be published");
}

TEST_CASE("containers in a VLAN") {
    const auto file = [](const std::string& options) {
        return R"({"subnets":[{"subnet":"10.1.0.0/24"}],"network_interface":"br0",
                   "options":{"vlan":"10")" +
               options + "}}";
    };
    auto view = cold_view();
    view.addresses = {ip("10.1.0.5")};
    // A bridge of ours: that of all its ports.
    CHECK(describe(operation<ops::EnsureBridge>(planned(request_for(file("")), view))).apply[0] ==
          "ip link add name ocbgxeqes5nrccj address 02:0c:0a:01:00:01 mtu 1500 type bridge "
          "vlan_filtering 1 vlan_default_pvid 10");
    // An operator's: that of the container's port alone, before its other end comes up.
    const auto request = request_for(file(R"(,"mode":"unmanaged")"));
    view.bridge = link::Link{.index = 4, .name = "br0", .kind = "bridge", .up = true, .mtu = 1500};
    CHECK(message_of([&] { planned(request, view); }) ==
          "network \"web\" (bridge): the bridge br0 does not keep VLANs apart");
    view.bridge->filters_vlans = true;
    view.bridge->default_vlan = 1;
    const auto commands = apply_commands(planned(request, view));
    const auto join_vlan = std::find(commands.begin(), commands.end(),
                                     "bridge vlan add dev ocbgxeqes5nrccj vid 10 pvid untagged");
    REQUIRE(join_vlan != commands.end());
    CHECK(join_vlan[1] == "bridge vlan del dev ocbgxeqes5nrccj vid 1");
    CHECK(std::find(join_vlan, commands.end(), "nsenter -t $PID -n ip link set dev eth0 up") !=
          commands.end());
    // Which it must not leave when it is the same.
    view.bridge->default_vlan = 10;
    CHECK_THAT(join(apply_commands(planned(request, view)), "\n"), !contains("bridge vlan del"));
}

TEST_CASE("a name that the user chose is taken while the locks are held") {
    auto view = cold_view();
    const auto request = request_for("", "host_interface_name=web0");
    const Plan plan = planned(request, view);
    CHECK(drivers::driver_for(request).query(request).new_link == "web0");
    CHECK(std::holds_alternative<ops::CreateVeth>(plan.shared.back().operation));
    const auto veth = operation<ops::CreateVeth>(plan);
    CHECK(veth.name == "web0");
    CHECK(veth.temporary == "ochd35ysfun425l");
    const auto [apply, undo] = describe(veth);
    CHECK(apply.at(2) == "ip link set dev ochd35ysfun425l name web0 alias ocinet:c1:bridge up");
    CHECK(undo == Lines{"ip link delete dev web0"});
    CHECK(plan.attached.at(0).host_interface == "web0");
}

} // namespace ocinet::test
