// SPDX-License-Identifier: GPL-2.0-or-later
// What the driver "overlay" decides, as the commands that its plans print.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "netsetup/base/text.h"
#include "tests/base/caught.h"
#include "tests/drivers/request.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

using drivers::Request;
using nlohmann::json;

json host(const std::string& name, const std::string& address, const json& ranges) {
    return {{"name", name}, {"address", address}, {"ranges", ranges}};
}

json file(const json& hosts, const json& options = {{"vni", "95"}}) {
    return {{"driver", "overlay"},
            {"subnets", {{{"subnet", "10.95.0.0/16"}}}},
            {"options", options},
            {"hosts", hosts}};
}

json two_hosts() {
    return file({host("alpha", "192.0.2.1", {"10.95.1.0/24"}),
                 host("beta", "192.0.2.2", {"10.95.2.4/31"})});
}

/// From host alpha.
Request request_to(const json& network, const std::string& options = "") {
    Request request = request_for(network.dump(), options);
    request.host_name = "alpha";
    return request;
}

HostView view() {
    HostView found = cold_view();
    found.addresses = {ip("10.95.1.5")};
    found.underlay = {"eth0", 1500};
    return found;
}

/// The device as the plan makes it, on the bridge oc-web.
HostView warm(const Plan& made) {
    HostView found = view();
    const auto bridge = operation<ops::EnsureBridge>(made);
    const auto vxlan = operation<ops::EnsureVxlan>(made);
    found.bridge = link::Link{.index = 7,
                              .name = bridge.name,
                              .alias = "ocinet::web",
                              .kind = "bridge",
                              .up = true,
                              .mtu = bridge.mtu,
                              .mac = bridge.mac,
                              .forwards_ipv4 = true,
                              .route_localnet = true,
                              .ipv6_disabled = true};
    found.bridge_addresses = bridge.addresses;
    found.vxlan = link::Link{
        .index = 8,
        .name = vxlan.name,
        .alias = "ocinet::web",
        .kind = "vxlan",
        .up = true,
        .mtu = vxlan.mtu,
        .mac = vxlan.mac,
        .master = 7,
        .vxlan = link::Link::Vxlan{.vni = vxlan.vni, .port = vxlan.port, .local = vxlan.local},
        .neigh_suppress = true};
    return found;
}

Lines commands(const Operation& op) {
    return describe(op).apply;
}

std::string refusal(const Request& request, const HostView& found) {
    return caught([&] { planned(request, found); }).message();
}

} // namespace

TEST_CASE("an overlay's tunnels are made behind its bridge") {
    const Plan plan = planned(request_to(two_hosts()), view());
    const auto vxlan = operation<ops::EnsureVxlan>(plan);
    CHECK(join(commands(vxlan), "\n") ==
          "ip link add name " + vxlan.temporary + " address " + vxlan.mac.text() +
              " mtu 1450 type vxlan id 95 local 192.0.2.1 dstport 4789 nolearning\n"
              "sysctl -w net.ipv6.conf." +
              vxlan.temporary + ".disable_ipv6=1\nip link set dev " + vxlan.temporary +
              " name vx-web alias ocinet::web master oc-web\n"
              "ip link set dev vx-web type bridge_slave learning off flood off mcast_flood off "
              "bcast_flood off neigh_suppress on\n"
              "ip link set dev vx-web up");
    CHECK(join(commands(operation<ops::KnowEndpoints>(plan)), "\n") ==
          "bridge fdb replace 02:0c:0a:5f:02:04 dev vx-web dst 192.0.2.2 self permanent\n"
          "bridge fdb replace 02:0c:0a:5f:02:04 dev vx-web master static\n"
          "ip neighbour replace 10.95.2.4 lladdr 02:0c:0a:5f:02:04 dev oc-web nud permanent "
          "protocol 111\n"
          "bridge fdb replace 02:0c:0a:5f:02:05 dev vx-web dst 192.0.2.2 self permanent\n"
          "bridge fdb replace 02:0c:0a:5f:02:05 dev vx-web master static\n"
          "ip neighbour replace 10.95.2.5 lladdr 02:0c:0a:5f:02:05 dev oc-web nud permanent "
          "protocol 111\n"
          "nft add element inet ocinet peers4 '{ 192.0.2.2 . 4789 . 95 comment \"web\" }'");
    CHECK_THAT(join(commands(operation<ops::ShareElements>(plan)), "\n"),
               contains("tunnels '{ 4789 . 95 comment \"web\" }'"));
    CHECK(vxlan.guarded);
    CHECK(operation<ops::EnsureBridge>(plan).mtu == 1450);
    CHECK(operation<ops::CreateVeth>(plan).mtu == 1450);
    // No two links are ever called alike.
    CHECK(vxlan.temporary != operation<ops::EnsureBridge>(plan).temporary);
    CHECK(vxlan.temporary != operation<ops::CreateVeth>(plan).temporary);
    const Lines undone = undo_commands(plan);
    const auto at = [&](const std::string& line) {
        return std::find(undone.begin(), undone.end(), line) - undone.begin();
    };
    CHECK(at("ip link delete dev vx-web") < at("ip link delete dev oc-web"));
}

TEST_CASE("of an overlay's container a routing daemon learns, and the kernel of no others") {
    json network = two_hosts();
    network["options"]["control"] = "evpn";
    const Plan plan = planned(request_to(network), view());
    const auto veth = operation<ops::CreateVeth>(plan);
    const auto advertise = operation<ops::AdvertiseContainer>(plan);
    CHECK(join(commands(advertise), "\n") ==
          "bridge fdb replace 02:0c:0a:5f:01:05 dev " + veth.name +
              " master static\nip neighbour replace 10.95.1.5 lladdr 02:0c:0a:5f:01:05 dev oc-web "
              "nud permanent protocol 111");
    CHECK(describe(advertise).undo.front() == "ip neighbour delete 10.95.1.5 dev oc-web");
    CHECK_THROWS_AS(operation<ops::KnowEndpoints>(plan), Error);
    CHECK_FALSE(operation<ops::EnsureVxlan>(plan).guarded); // who the others are nobody here knows
    CHECK_THAT(join(commands(operation<ops::ShareElements>(plan)), "\n"), !contains("tunnels"));
    CHECK_THROWS_AS(operation<ops::AdvertiseContainer>(planned(request_to(two_hosts()), view())),
                    Error);
    // Who changes it under living containers would have some that nobody hears of.
    const auto share = [&](const Plan& made) {
        return operation<ops::ShareElements>(made).definition;
    };
    CHECK(share(plan) != share(planned(request_to(two_hosts()), view())));
}

TEST_CASE("an encrypted overlay's tunnels lead by WireGuard, or nowhere") {
    const json network = file(json::array({host("alpha", "fd6f:6369::1", {"10.95.1.0/24"})}),
                              {{"vni", "95"}, {"control", "etcd"}, {"encrypted", "true"}});
    HostView found = view();
    CHECK_THAT(refusal(request_to(network), found),
               contains("the network is encrypted, and wg-ocinet does not have"));
    found.underlay.reset();
    CHECK_THAT(refusal(request_to(network), found),
               contains("the network is encrypted, and wg-ocinet does not have"));
    found.underlay = {"wg-ocinet", 1440};
    const Plan plan = planned(request_to(network), found);
    CHECK_THAT(commands(operation<ops::EnsureVxlan>(plan)).front(),
               contains(" mtu 1370 ") && contains(" local fd6f:6369::1 dev wg-ocinet dstport "));
    CHECK_THAT(join(commands(operation<ops::ShareElements>(plan)), "\n"),
               contains("sealed '{ 4789 . 95 comment \"web\" }'") && !contains("tunnels"));
    CHECK_THAT(
        join(commands(operation<ops::ShareElements>(planned(request_to(two_hosts()), view()))),
             "\n"),
        !contains("sealed"));
}

TEST_CASE("an overlay's device that is there is left as it is, or made anew") {
    const Request request = request_to(two_hosts());
    const Plan made = planned(request, view());
    const auto found = [&](const HostView& seen) {
        return operation<ops::EnsureVxlan>(planned(request, seen)).found;
    };
    using Found = ops::EnsureVxlan::Found;
    const HostView good = warm(made);
    CHECK(found(view()) == Found::absent);
    CHECK(found(good) == Found::complete);
    const std::vector<std::function<void(link::Link&)>> harms{
        [](link::Link& link) { link.up = false; },
        [](link::Link& link) { link.mtu = 1400; },
        [](link::Link& link) { link.master = 0; },
        [](link::Link& link) { link.learning = true; },
        [](link::Link& link) { link.flooding = true; },
        [](link::Link& link) { link.neigh_suppress = false; },
        [](link::Link& link) { link.vxlan->vni = 96; },
        [](link::Link& link) { link.vxlan->port = 8472; },
        [](link::Link& link) { link.vxlan->learning = true; },
        [](link::Link& link) { link.vxlan->local = ip("192.0.2.9"); },
        [](link::Link& link) { link.vxlan->local.reset(); }};
    for (std::size_t i = 0; i < harms.size(); ++i) {
        CAPTURE(i);
        HostView bad = good;
        harms[i](*bad.vxlan);
        CHECK(found(bad) == Found::incomplete);
    }
    HostView without_bridge = good;
    without_bridge.bridge.reset();
    CHECK(found(without_bridge) == Found::incomplete);
    HostView others = good;
    others.vxlan->alias.clear();
    CHECK(refusal(request, others) ==
          "network \"web\" (overlay): the host has an interface vx-web already, which is not "
          "this network's");
}

TEST_CASE("what packets of an overlay cost") {
    const auto mtu = [](const std::string& address, unsigned of_link, const json& options) {
        HostView found = view();
        found.underlay->mtu = of_link;
        const auto network = file(json::array({host("alpha", address, {"10.95.1.0/24"})}), options);
        return operation<ops::EnsureVxlan>(planned(request_to(network), found)).mtu;
    };
    CHECK(mtu("192.0.2.1", 1500, {{"vni", "9"}}) == 1450);
    CHECK(mtu("2001:db8::1", 1500, {{"vni", "9"}}) == 1430);
    CHECK(mtu("192.0.2.1", 9000, {{"vni", "9"}}) == 8950);
    CHECK(mtu("192.0.2.1", 1500, {{"vni", "9"}, {"mtu", "1450"}}) == 1450);
    CHECK(mtu("192.0.2.1", 1500, {{"vni", "9"}, {"mtu", "1280"}}) == 1280);
    CHECK(mtu("192.0.2.1", 1330, {{"vni", "9"}}) == 1280);
    CHECK(mtu("192.0.2.1", 1300, {{"vni", "9"}, {"mtu", "1000"}}) == 1000);
    CHECK_THROWS(mtu("192.0.2.1", 1500, {{"vni", "9"}, {"mtu", "1451"}}));
    CHECK_THROWS(mtu("192.0.2.1", 1300, {{"vni", "9"}}));
    CHECK_THROWS(mtu("192.0.2.1", 20, {{"vni", "9"}}));
}

TEST_CASE("a host of an overlay gives addresses of its own range alone") {
    const Request request = request_to(two_hosts());
    const auto query = drivers::driver_for(request).query(request);
    REQUIRE(query.addresses.size() == 1);
    CHECK(query.addresses[0].range.first == ip("10.95.1.0"));
    CHECK(query.addresses[0].range.last == ip("10.95.1.255"));
    CHECK(query.addresses[0].range.base == ip("10.95.0.0"));
    CHECK(query.underlay == ip("192.0.2.1"));
    CHECK(query.vxlan == "vx-web");
    // At its ends a subnet has addresses that are nobody's.
    const auto ends = request_to(file(json::array({host("alpha", "192.0.2.1", {"10.95.0.0/16"})})));
    const auto whole = drivers::driver_for(ends).query(ends).addresses.at(0).range;
    CHECK(whole.first == ip("10.95.0.1"));
    CHECK(whole.last == ip("10.95.255.254"));

    const std::string head = "network \"web\" (overlay): ";
    CHECK(refusal(request_to(two_hosts(), "ip=10.95.2.5"), view()) ==
          head + "ip=10.95.2.5: in the range of host \"beta\"");
    CHECK(refusal(request_to(two_hosts(), "ip=10.95.3.5"), view()) ==
          head + "ip=10.95.3.5: in no host's range");
    // As etcd's file is, when it is completed.
    const json own = file(json::array({host("alpha", "192.0.2.1", {"10.95.1.0/24"})}),
                          {{"vni", "95"}, {"control", "etcd"}});
    Request elsewhere = request_to(own, "ip=10.95.2.5");
    elsewhere.network.overlay->is_completed = true;
    CHECK(refusal(elsewhere, view()) == head + "ip=10.95.2.5: in no block of this host's");
    elsewhere.granted = {ip("10.95.2.5")};
    const auto granted = drivers::driver_for(elsewhere).query(elsewhere).addresses.at(0);
    CHECK(granted.fixed == ip("10.95.2.5"));
    CHECK(granted.range.first == ip("10.95.1.0")); // nobody gets one like it who does not ask
    elsewhere.granted = {ip("10.95.2.6")};
    CHECK(refusal(elsewhere, view()) == head + "ip=10.95.2.5: in no block of this host's");
    CHECK(refusal(request_to(file(json::array({host("alpha", "192.0.2.1", json::array())}))),
                  view()) == head + "host \"alpha\" has no range in 10.95.0.0/16");
    HostView lost = view();
    lost.underlay.reset();
    CHECK(refusal(request_to(two_hosts()), lost) ==
          head + "none of this host's interfaces has the address 192.0.2.1");
    Request stranger = request_to(two_hosts());
    stranger.host_name = "gamma";
    CHECK(refusal(stranger, view()) ==
          head + "its \"hosts\" name no \"gamma\", which this host is");
}

TEST_CASE("of an overlay's endpoints those are known that are elsewhere") {
    json hosts = {host("alpha", "192.0.2.1", {"10.95.1.0/24"}),
                  host("beta", "192.0.2.2", {"10.95.2.4/30"})};
    hosts[1]["endpoints"] =
        json::array({{{"addresses", {"10.95.2.5"}}, {"mac", "02:00:00:00:00:05"}}});
    const auto known = [&] {
        return operation<ops::KnowEndpoints>(planned(request_to(file(hosts)), view())).endpoints;
    };
    const auto endpoint = [](const char* mac, const char* address) {
        return endpoints::Endpoint{Mac::parse(mac).value(), ip("192.0.2.2"), {ip(address)}};
    };
    CHECK(known() == std::vector{endpoint("02:00:00:00:00:05", "10.95.2.5"),
                                 endpoint("02:0c:0a:5f:02:04", "10.95.2.4"),
                                 endpoint("02:0c:0a:5f:02:06", "10.95.2.6"),
                                 endpoint("02:0c:0a:5f:02:07", "10.95.2.7")});
    // The gateway is on each host.
    hosts[1]["endpoints"] = json::array();
    hosts[1]["ranges"] = {"10.95.0.0/30"};
    CHECK(known() == std::vector{endpoint("02:0c:0a:5f:00:02", "10.95.0.2"),
                                 endpoint("02:0c:0a:5f:00:03", "10.95.0.3")});
    // A frame could go to one of two.
    hosts[1]["ranges"] = {"10.95.2.4/30"};
    hosts[1]["endpoints"] =
        json::array({{{"addresses", {"10.95.2.5"}}, {"mac", "02:0c:0a:5f:01:09"}}});
    CHECK_THROWS_WITH(known(), Catch::EndsWith("two endpoints have the MAC address "
                                               "02:0c:0a:5f:01:09"));
    hosts[1]["endpoints"] = json::array();
    hosts[1]["ranges"] = {"10.95.16.0/20"};
    CHECK_THROWS_WITH(known(), Catch::EndsWith("its \"hosts\" have more than 4096 addresses"));
}

} // namespace ocinet::test
