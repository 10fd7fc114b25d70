// SPDX-License-Identifier: GPL-2.0-or-later
// Containers of real runtimes that are hosts of the physical network.
#include "tests/engines/engine.h"
#include "tests/support/dhcp_lan.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

void check_on_lan(const DhcpLan& lan, const Engine& box, const std::string& address) {
    CHECK_THAT(box.exec("ip -4 address show eth0"), contains("inet " + address + "/24"));
    CHECK_THAT(box.exec("ip route"), contains("default via 192.0.2.1 dev eth0"));
    CHECK(Lab::page(lan.router, address) == "box serves 192.0.2.1\n");
}

} // namespace

TEMPLATE_TEST_CASE("a container with an address of the LAN's", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Host host;
    const DhcpLan lan(host);
    host.write_network("lan",
                       {{"driver", "macvlan"},
                        {"network_interface", "lan0"},
                        {"subnets", {{{"subnet", "192.0.2.0/24"}, {"gateway", "192.0.2.1"}}}}});
    Engine box(host, TestType::name, {{"io.ocinet.network", "lan:ip=192.0.2.77"}});
    box.bundle().add_our_hooks();
    const Result result = box.run_detached();
    INFO(box.hook_errors(result));
    REQUIRE(result.status == 0);
    check_on_lan(lan, box, "192.0.2.77");
    CHECK(box.remove_by_force().status == 0);
    CHECK(leftovers(host) == nothing_left);
}

TEMPLATE_TEST_CASE("a container that the LAN's DHCP server gives its address", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Host host;
    DhcpLan lan(host);
    lan.start_server("192.0.2.50,192.0.2.50");
    lan.start_agent();
    Engine box(host, TestType::name, {{"io.ocinet.network", "lan"}});
    box.bundle().add_our_hooks();
    const Result result = box.run_detached();
    INFO(box.hook_errors(result));
    REQUIRE(result.status == 0);
    check_on_lan(lan, box, "192.0.2.50");
    box.kill_init();
    CHECK(box.remove().status == 0);
    CHECK(lan.server_says("DHCPRELEASE"));
    CHECK(lan.is_clean());
    CHECK(leftovers(host) == nothing_left);
}

} // namespace ocinet::test
