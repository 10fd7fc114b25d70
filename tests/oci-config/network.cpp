// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/network.h"

#include <sys/socket.h>

#include <nlohmann/json.hpp>
#include <set>

#include "netsetup/base/names.h"
#include "tests/base/caught.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocinet::oci {

namespace {

using nlohmann::json;
using test::caught;

Network parsed(const json& file) {
    return parse_network(file.dump(), "web", "web.json");
}

Subnet subnet(const json& file) {
    return parsed({{"subnets", {file}}}).subnets.at(0);
}

std::string range_of(const json& file) {
    const Subnet parsed_subnet = subnet(file);
    return parsed_subnet.subnet.text() + " " + parsed_subnet.gateway.text() + " " +
           parsed_subnet.lease_first.text() + "-" + parsed_subnet.lease_last.text();
}

const json in_subnet = {{"subnet", "10.1.0.0/24"}};

json subnet_with(const std::string& key, const json& value) {
    json file = in_subnet;
    file[key] = value;
    return {{"subnets", {file}}};
}

json lease_range(const json& range) {
    return subnet_with("lease_range", range);
}

json route_with(const std::string& key, const json& value) {
    json route = {{"destination", "10.2.0.0/16"}, {"gateway", "10.1.0.2"}};
    route[key] = value;
    return {{"subnets", {in_subnet}}, {"routes", {route}}};
}

struct Bad {
    json file;
    const char* problem;
};

void check_refusals(const std::vector<Bad>& table) {
    for (const auto& [file, problem] : table) {
        CAPTURE(file.dump());
        const auto error = caught([&bad = file] { parsed(bad); });
        CHECK(error.message() == std::string("web.json") + problem);
    }
}

} // namespace

TEST_CASE("a network file with every key is read") {
    const Network network = parsed({
        {"name", "web"},
        {"id", "0123abc"},
        {"driver", "bridge"},
        {"network_interface", "br-web"},
        {"created", "2026-01-01T00:00:00Z"},
        {"subnets",
         {{{"subnet", "10.1.0.0/24"},
           {"gateway", "10.1.0.254"},
           {"lease_range", {{"start_ip", "10.1.0.100"}, {"end_ip", "10.1.0.200"}}}}}},
        {"routes",
         {{{"destination", "10.2.0.0/16"}, {"gateway", "10.1.0.2"}, {"metric", 7}},
          {{"destination", "10.3.0.0/16"}, {"gateway", "10.1.0.3"}}}},
        {"ipv6_enabled", false},
        {"internal", true},
        {"dns_enabled", false},
        {"network_dns_servers", json::array()},
        {"labels", {{"a", "b"}}},
        {"options", {{"mtu", "9000"}}},
        {"ipam_options", {{"driver", "host-local"}}},
    });
    CHECK(network.name == "web");
    CHECK(network.driver == "bridge");
    CHECK(network.interface == "br-web");
    CHECK(network.internal);
    CHECK(network.mtu == 9000);
    REQUIRE(network.subnets.size() == 1);
    CHECK(network.subnets[0].subnet.text() == "10.1.0.0/24");
    CHECK(network.subnets[0].gateway.text() == "10.1.0.254");
    CHECK(network.subnets[0].lease_first.text() == "10.1.0.100");
    CHECK(network.subnets[0].lease_last.text() == "10.1.0.200");
    REQUIRE(network.routes.size() == 2);
    CHECK(network.routes[0].destination.text() == "10.2.0.0/16");
    CHECK(network.routes[0].gateway->text() == "10.1.0.2");
    CHECK(network.routes[0].metric == 7);
    CHECK(network.routes[1].metric == 0);
}

TEST_CASE("what a network file leaves out has a default") {
    const Network network = parsed(json::object());
    CHECK(network.name == "web");
    CHECK(network.driver == "bridge");
    CHECK(network.interface == "oc-web");
    CHECK_FALSE(network.internal);
    CHECK_FALSE(network.mtu);
    CHECK(network.subnets.empty());
    CHECK(network.routes.empty());

    CHECK(range_of({{"subnet", "10.1.0.0/24"}}) == "10.1.0.0/24 10.1.0.1 10.1.0.1-10.1.0.254");
    CHECK(range_of({{"subnet", "10.1.0.0/30"}}) == "10.1.0.0/30 10.1.0.1 10.1.0.1-10.1.0.2");
    CHECK(range_of({{"subnet", "10.0.0.0/8"}}) == "10.0.0.0/8 10.0.0.1 10.0.0.1-10.255.255.254");
    CHECK(range_of({{"subnet", "10.1.0.0/24"}, {"lease_range", {{"start_ip", "10.1.0.9"}}}}) ==
          "10.1.0.0/24 10.1.0.1 10.1.0.9-10.1.0.254");
    CHECK(range_of({{"subnet", "10.1.0.0/24"}, {"lease_range", {{"end_ip", "10.1.0.9"}}}}) ==
          "10.1.0.0/24 10.1.0.1 10.1.0.1-10.1.0.9");
    CHECK(range_of({{"subnet", "10.1.0.0/24"},
                    {"lease_range", {{"start_ip", "10.1.0.9"}, {"end_ip", "10.1.0.9"}}}}) ==
          "10.1.0.0/24 10.1.0.1 10.1.0.9-10.1.0.9");
}

TEST_CASE("the options of a network, each with its default") {
    const Network plain = parsed(json::object());
    CHECK(plain.managed);
    CHECK(plain.vlan == 0);
    CHECK(plain.isolation == Isolation::closed);
    CHECK(plain.icc);
    CHECK(plain.spoof_check);
    CHECK(plain.host_access);
    CHECK(plain.metric == 0);
    CHECK_FALSE(plain.no_default_route);
    CHECK_FALSE(plain.outbound_addr4);
    CHECK_FALSE(plain.outbound_addr6);

    const Network network = parsed({{"options",
                                     {{"vlan", "4094"},
                                      {"isolate", "strict"},
                                      {"icc", "0"},
                                      {"spoof_check", "f"},
                                      {"host_access", "False"},
                                      {"metric", "7"},
                                      {"no_default_route", "1"},
                                      {"outbound_addr4", "192.0.2.9"},
                                      {"outbound_addr6", "2001:db8::9"}}}});
    CHECK(network.managed);
    CHECK(network.vlan == 4094);
    CHECK(network.isolation == Isolation::strict);
    CHECK_FALSE(network.icc);
    CHECK_FALSE(network.spoof_check);
    CHECK_FALSE(network.host_access);
    CHECK(network.metric == 7);
    CHECK(network.no_default_route);
    CHECK(network.outbound_addr4 == IpAddress::parse("192.0.2.9"));
    CHECK(network.outbound_addr6 == IpAddress::parse("2001:db8::9"));
    CHECK(parsed({{"options", {{"isolate", "false"}}}}).isolation == Isolation::open);
    CHECK_FALSE(parsed({{"options", {{"mode", "unmanaged"}}}}).managed);
}

TEST_CASE("IPv6 is on where it is asked for, or where there is a subnet of it") {
    const auto subnets_of = [](const json& network) {
        std::string text;
        for (const auto& subnet : parsed(network).subnets) {
            text += subnet.subnet.text() + " ";
        }
        return text;
    };
    const json both = {{{"subnet", "10.1.0.0/24"}}, {{"subnet", "fd01::/64"}}};
    CHECK(subnets_of({{"subnets", both}}) == "10.1.0.0/24 fd01::/64 ");
    CHECK(subnets_of({{"subnets", both}, {"ipv6_enabled", true}}) == "10.1.0.0/24 fd01::/64 ");
    // RFC 4193, of the network's name: the same tomorrow, another for another network.
    CHECK(subnets_of({{"ipv6_enabled", true}}) == "fd1e:7248:19e1:a05e::/64 ");
    CHECK(parse_network(R"({"ipv6_enabled":true})", "db", "db.json").subnets[0].subnet.text() !=
          "fd1e:7248:19e1:a05e::/64");

    CHECK(range_of({{"subnet", "fd01::/64"}}) ==
          "fd01::/64 fd01::1 fd01::1-fd01::3fff:ffff:ffff:ffff");
    CHECK(range_of({{"subnet", "fd01::/120"}}) == "fd01::/120 fd01::1 fd01::1-fd01::ff");
    CHECK(range_of({{"subnet", "fd01::/48"},
                    {"lease_range", {{"start_ip", "fd01::10"}, {"end_ip", "fd01::20"}}}}) ==
          "fd01::/48 fd01::1 fd01::10-fd01::20");
    const auto only = [](const json& subnet) { return json{{"subnets", {subnet}}}; };
    check_refusals({
        {only({{"subnet", "fd01::/127"}}),
         ": subnets[0]: subnet: fd01::/127 must be between /8 and /126"},
        {only({{"subnet", "fe80::/64"}}),
         ": subnets[0]: subnet: fe80::/64 is not a subnet for hosts"},
        {only({{"subnet", "ff02::/64"}}),
         ": subnets[0]: subnet: ff02::/64 is not a subnet for hosts"},
        {only({{"subnet", "fd01::/64"}, {"gateway", "fd01::"}}),
         ": subnets[0]: gateway: fd01:: is not a host's address in fd01::/64"},
        {only({{"subnet", "fd01::/48"}, {"lease_range", {{"start_ip", "fd01:0:0:1::5"}}}}),
         ": subnets[0].lease_range: start_ip: fd01:0:0:1::5 lies outside the first /64 of "
         "fd01::/48"},
    });
}

TEST_CASE("a route leads to a gateway of its family, or nowhere") {
    const auto with = [](const json& route) { return json{{"routes", {route}}}; };
    const auto hole = parsed(with({{"destination", "fd09::/16"}, {"route_type", "blackhole"}}));
    CHECK(hole.routes.at(0).type == Route::Type::blackhole);
    CHECK_FALSE(hole.routes.at(0).gateway);
    const auto plain = parsed(
        with({{"destination", "fd09::/16"}, {"gateway", "fd01::9"}, {"route_type", "unicast"}}));
    CHECK(plain.routes.at(0).gateway == IpAddress::parse("fd01::9"));
    check_refusals({
        {with({{"destination", "10.2.0.0/16"}, {"gateway", "fd01::9"}}),
         ": routes[0]: gateway: fd01::9 and 10.2.0.0/16 are of different families"},
        {with({{"destination", "10.2.0.0/16"},
               {"gateway", "10.1.0.9"},
               {"route_type", "unreachable"}}),
         ": routes[0]: gateway: a route that leads nowhere has none"},
        {with({{"destination", "10.2.0.0/16"}, {"route_type", "throw"}}),
         ": routes[0]: route_type: \"throw\" is none of unicast, blackhole, unreachable, "
         "prohibit"},
    });
}

TEST_CASE("a bridge's default name follows from the network's, and is an interface's") {
    const auto interface_of = [](const std::string& name) {
        return parse_network("{}", name, "x.json").interface;
    };
    CHECK(interface_of("web") == "oc-web");
    CHECK(interface_of("twelve.chars") == "oc-twelve.chars");
    // FNV-1a of the name: it must be the same tomorrow.
    CHECK(interface_of("thirteen.char") == "oc-52001ef4");
    std::set<std::string> distinct;
    for (int i = 0; i < 1000; ++i) {
        const auto name = interface_of(std::string(50, 'n') + std::to_string(i));
        CHECK(is_interface_name(name));
        distinct.insert(name);
    }
    CHECK(distinct.size() == 1000);
}

TEST_CASE("a network file's own keys are held to their types") {
    check_refusals({
        {{{"name", "db"}}, ": name: \"db\" is not the file's name"},
        {{{"name", 5}}, ": name: not a string"},
        {{{"driver", true}}, ": driver: not a string"},
        {{{"network_interface", "abcdefghijklmnop"}},
         ": network_interface: \"abcdefghijklmnop\" is not an interface's name"},
        {{{"network_interface", "a/b"}}, ": network_interface: \"a/b\" is not an interface's name"},
        {{{"network_interface", ""}}, ": network_interface: \"\" is not an interface's name"},
        {{{"internal", "true"}}, ": internal: not true or false"},
        {{{"internal", 1}}, ": internal: not true or false"},
        {{{"subnets", json::object()}}, ": subnets: not an array"},
        {{{"subnets", {5}}}, ": subnets[0] is not a JSON object"},
        {{{"routes", "x"}}, ": routes: not an array"},
        {{{"options", json::array({1})}}, ": options: not an object"},
        {{{"options", {{"mtu", 1500}}}}, ": options: mtu: not a string"},
        {{{"options", {{"mtu", "67"}}}}, ": options: mtu: \"67\" is not between 68 and 65535"},
        {{{"options", {{"mtu", "65536"}}}},
         ": options: mtu: \"65536\" is not between 68 and 65535"},
        {{{"options", {{"mtu", "1500 "}}}},
         ": options: mtu: \"1500 \" is not between 68 and 65535"},
        {{{"options", {{"vlan", "0"}}}}, ": options: vlan: \"0\" is not between 1 and 4094"},
        {{{"options", {{"vlan", "4095"}}}}, ": options: vlan: \"4095\" is not between 1 and 4094"},
        {{{"options", {{"vrf", "red"}}}}, ": options: vrf: not supported"},
        {{{"options", {{"isolated", "true"}}}}, ": options: isolated: unknown key"},
        {{{"options", {{"isolate", "maybe"}}}},
         ": options: isolate: \"maybe\" is neither true, false nor strict"},
        {{{"options", {{"icc", ""}}}}, ": options: icc: \"\" is neither true nor false"},
        {{{"options", {{"host_access", "yes"}}}},
         ": options: host_access: \"yes\" is neither true nor false"},
        {{{"options", {{"no_default_route", true}}}}, ": options: no_default_route: not a string"},
        {{{"options", {{"metric", "4294967296"}}}},
         ": options: metric: \"4294967296\" is not between 0 and 4294967295"},
        {{{"options", {{"mode", "Managed"}}}},
         ": options: mode: \"Managed\" is neither managed nor unmanaged"},
        {{{"options", {{"mode", "unmanaged"}, {"spoof_check", "false"}}}},
         ": options: spoof_check: means nothing with mode=unmanaged, where nothing is filtered"},
        {{{"options", {{"mode", "unmanaged"}, {"isolate", "true"}}}},
         ": options: isolate: means nothing with mode=unmanaged, where nothing is filtered"},
        {{{"options", {{"outbound_addr4", "fd00::1"}}}},
         ": options: outbound_addr4: fd00::1 is no address to send from"},
        {{{"options", {{"outbound_addr6", "::1"}}}},
         ": options: outbound_addr6: ::1 is no address to send from"},
        {{{"options", {{"outbound_addr4", "x"}}}},
         ": options: outbound_addr4: \"x\" is not an IP address"},
        {{{"ipv6_enabled", false}, {"subnets", {{{"subnet", "fd00::/64"}}}}},
         ": ipv6_enabled: false, but the network has an IPv6 subnet"},
        {{{"subnets", {{{"subnet", "10.1.0.0/16"}}, {{"subnet", "10.1.2.0/24"}}}}},
         ": subnets: 10.1.0.0/16 and 10.1.2.0/24 overlap"},
        {{{"ipv6_enabled", "no"}}, ": ipv6_enabled: not true or false"},
        {{{"dns_enabled", true}}, ": dns_enabled: not supported yet"},
        {{{"network_dns_servers", {"9.9.9.9"}}}, ": network_dns_servers: not supported yet"},
        {{{"ipam_options", {{"driver", "dhcp"}}}},
         R"(: ipam_options: driver: "dhcp" is not supported by the driver "bridge")"},
        {{{"driver", "ipvlan"}, {"ipam_options", {{"driver", "dhcp"}}}},
         ": ipam_options: driver: dhcp: servers tell clients apart by their MAC addresses, and "
         "those of an ipvlan are all its parent's"},
        {{{"driver", "macvlan"},
          {"ipam_options", {{"driver", "dhcp"}}},
          {"subnets", {{{"subnet", "10.1.0.0/24"}}}}},
         ": ipam_options: driver: dhcp, but the network has subnets"},
        {{{"driver", "macvlan"},
          {"ipam_options", {{"driver", "dhcp"}}},
          {"options", {{"host_access", "true"}}}},
         ": options: host_access: needs addresses that are known before, not DHCP's"},
        {{{"ipam_options", {{"driver", "lan"}}}},
         ": ipam_options: driver: \"lan\" is none of host-local, static, none, dhcp"},
        {{{"ipam_options", {{"driver", "static"}}}},
         ": ipam_options: driver: static needs a subnet"},
        {{{"options", {{"bclim", "1"}}}}, ": options: bclim: unknown key"},
        {{{"driver", "macvlan"}, {"options", {{"mode", "source"}}}},
         ": options: mode: \"source\" is none of bridge, private, vepa, passthru"},
        {{{"driver", "macvlan"}, {"options", {{"bclim", "-2"}}}},
         ": options: bclim: \"-2\" is not between -1 and 2147483647"},
        {{{"driver", "macvlan"}, {"options", {{"mode", "vepa"}, {"host_access", "true"}}}},
         ": options: host_access: goes with mode=bridge only"},
        {{{"driver", "macvlan"}, {"options", {{"icc", "false"}}}}, ": options: icc: unknown key"},
        {{{"driver", "macvlan"}, {"options", {{"vlan", "4095"}}}},
         ": options: vlan: \"4095\" is not between 1 and 4094"},
        {{{"driver", "macvlan"},
          {"ipam_options", {{"driver", "none"}}},
          {"subnets", {{{"subnet", "10.1.0.0/24"}}}}},
         ": ipam_options: driver: none, but the network has subnets"},
        {{{"driver", "ipvlan"}, {"options", {{"mode", "bridge"}}}},
         ": options: mode: \"bridge\" is none of l2, l3, l3s"},
        {{{"driver", "ipvlan"}, {"options", {{"flag", "passthru"}}}},
         ": options: flag: \"passthru\" is none of bridge, private, vepa"},
        {{{"ipam_options", {{"range", "x"}}}}, ": ipam_options: range: unknown key"},
        {{{"subnet", "10.1.0.0/24"}}, ": subnet: unknown key"},
        {{{"Driver", "bridge"}}, ": Driver: unknown key"},
        {{{"", "bridge"}}, ": : unknown key"},
        {json::array(), " is not a JSON object"},
    });
    CHECK(parsed({{"options", {{"mtu", "68"}}}}).mtu == 68);
    CHECK(parsed({{"options", {{"mtu", "65535"}}}}).mtu == 65535);
}

TEST_CASE("networks on an interface of the host's") {
    const Network macvlan = parsed({{"driver", "macvlan"}});
    CHECK(macvlan.interface.empty()); // that of the default route
    CHECK(macvlan.mode == "bridge");
    CHECK(macvlan.ipam == Network::Ipam::none);
    CHECK_FALSE(macvlan.slaac);
    CHECK_FALSE(macvlan.host_access);
    CHECK(parsed({{"driver", "macvlan"}, {"options", {{"host_access", "true"}}}}).host_access);
    CHECK(parsed({{"driver", "macvlan"}, {"ipv6_enabled", true}}).slaac);
    CHECK(parsed({{"driver", "macvlan"}, {"options", {{"bclim", "5"}}}}).broadcast_limit == 5);
    CHECK(parsed({{"driver", "macvlan"}, {"options", {{"bclim", "-1"}}}}).broadcast_limit == -1);
    const Network leased = parsed({{"driver", "macvlan"}, {"ipam_options", {{"driver", "dhcp"}}}});
    CHECK(leased.ipam == Network::Ipam::dhcp);
    CHECK(leased.has(AF_INET));
    CHECK_FALSE(leased.has(AF_INET6));
    CHECK_FALSE(macvlan.has(AF_INET));
    const Network ipvlan = parsed({{"driver", "ipvlan"},
                                   {"network_interface", "eth0"},
                                   {"options", {{"mode", "l3"}, {"vlan", "7"}}},
                                   {"subnets", {{{"subnet", "10.1.0.0/24"}}}},
                                   {"ipam_options", {{"driver", "static"}}}});
    CHECK(ipvlan.interface == "eth0");
    CHECK(ipvlan.mode == "l3");
    CHECK(ipvlan.flag == "bridge");
    CHECK(ipvlan.vlan == 7);
    CHECK(ipvlan.ipam == Network::Ipam::fixed);
}

TEST_CASE("a subnet must have room for hosts, and its addresses must lie in it") {
    const auto only = [](const char* text) { return json{{"subnets", {{{"subnet", text}}}}}; };
    check_refusals({
        {{{"subnets", {json::object()}}},
         ": subnets[0]: subnet: \"\" is not a prefix like 10.1.0.0/24"},
        {only("10.1.0.0"), ": subnets[0]: subnet: \"10.1.0.0\" is not a prefix like 10.1.0.0/24"},
        {only("10.1.0.5/24"),
         ": subnets[0]: subnet: \"10.1.0.5/24\" has host bits set; the network is 10.1.0.0/24"},
        {only("10.1.0.0/31"), ": subnets[0]: subnet: 10.1.0.0/31 must be between /8 and /30"},
        {only("10.0.0.0/7"), ": subnets[0]: subnet: 10.0.0.0/7 must be between /8 and /30"},
        {only("0.0.0.0/0"), ": subnets[0]: subnet: 0.0.0.0/0 must be between /8 and /30"},
        {only("127.1.0.0/16"), ": subnets[0]: subnet: 127.1.0.0/16 is not a subnet for hosts"},
        {only("224.0.0.0/24"), ": subnets[0]: subnet: 224.0.0.0/24 is not a subnet for hosts"},
        {only("0.0.0.0/8"), ": subnets[0]: subnet: 0.0.0.0/8 is not a subnet for hosts"},
        {subnet_with("subnet", 5), ": subnets[0]: subnet: not a string"},
        {subnet_with("gateway", "10.1.1.1"),
         ": subnets[0]: gateway: 10.1.1.1 is not a host's address in 10.1.0.0/24"},
        {subnet_with("gateway", "10.1.0.0"),
         ": subnets[0]: gateway: 10.1.0.0 is not a host's address in 10.1.0.0/24"},
        {subnet_with("gateway", "10.1.0.255"),
         ": subnets[0]: gateway: 10.1.0.255 is not a host's address in 10.1.0.0/24"},
        {subnet_with("gateway", "x"), ": subnets[0]: gateway: \"x\" is not an IP address"},
        {subnet_with("gateway", "fd00::1"),
         ": subnets[0]: gateway: fd00::1 is not a host's address in 10.1.0.0/24"},
        {subnet_with("mask", "x"), ": subnets[0]: mask: unknown key"},
        {lease_range("x"), ": subnets[0]: lease_range: not an object"},
        {lease_range({{"start_ip", "10.2.0.1"}}),
         ": subnets[0].lease_range: start_ip: 10.2.0.1 is not a host's address in 10.1.0.0/24"},
        {lease_range({{"end_ip", 7}}), ": subnets[0].lease_range: end_ip: not a string"},
        {lease_range({{"first", "10.1.0.5"}}), ": subnets[0].lease_range: first: unknown key"},
        {lease_range({{"start_ip", "10.1.0.9"}, {"end_ip", "10.1.0.8"}}),
         ": subnets[0]: lease_range: ends before it starts"},
    });
}

TEST_CASE("every fault in a list is told with its place") {
    check_refusals({
        {{{"subnets", {in_subnet, {{"subnet", "x"}}}}},
         ": subnets[1]: subnet: \"x\" is not a prefix like 10.1.0.0/24"},
        {route_with("destination", "10.2.0.5/16"),
         ": routes[0]: destination: \"10.2.0.5/16\" has host bits set; the network is 10.2.0.0/16"},
        {route_with("destination", nullptr),
         ": routes[0]: destination: \"\" is not a prefix like 10.1.0.0/24"},
        {route_with("gateway", nullptr), ": routes[0]: gateway: \"\" is not an IP address"},
        {route_with("gateway", "10.1.0.0/24"),
         ": routes[0]: gateway: \"10.1.0.0/24\" is not an IP address"},
        {route_with("metric", -1), ": routes[0]: metric: not between 0 and 4294967295"},
        {route_with("metric", 4294967296), ": routes[0]: metric: not between 0 and 4294967295"},
        {route_with("metric", "5"), ": routes[0]: metric: not a whole number"},
        {route_with("dev", "eth0"), ": routes[0]: dev: unknown key"},
    });
    CHECK(parsed(route_with("metric", 4294967295)).routes.at(0).metric == 4294967295U);
}

TEST_CASE("three networks exist without a file") {
    const auto bridge = built_in_network("bridge").value();
    CHECK(bridge.driver == "bridge");
    CHECK(bridge.interface == "ocinet0");
    REQUIRE(bridge.subnets.size() == 1);
    CHECK(bridge.subnets[0] == Subnet{.subnet = *Prefix::parse("10.90.0.0/16"),
                                      .gateway = *IpAddress::parse("10.90.0.1"),
                                      .lease_first = *IpAddress::parse("10.90.0.1"),
                                      .lease_last = *IpAddress::parse("10.90.255.254")});
    CHECK_FALSE(bridge.internal);
    CHECK_FALSE(bridge.mtu);
    CHECK(built_in_network("host")->driver == "host");
    CHECK(built_in_network("none")->driver == "none");
    CHECK_FALSE(built_in_network("web"));
    CHECK_FALSE(built_in_network("Bridge"));
}

TEST_CASE("a network's file comes before a built-in one, and one of them must be there") {
    const test::TempDir directory;
    const std::string path = directory.path().string();
    CHECK(load_network("bridge", path).interface == "ocinet0");
    CHECK(load_network("bridge", path + "/missing").interface == "ocinet0");
    test::write_text(directory / "bridge.json", R"({"network_interface":"other"})");
    CHECK(load_network("bridge", path).interface == "other");

    const auto error = caught([&] { load_network("web", path); });
    CHECK(error.message() == "no network \"web\": there is no " + path + "/web.json");
    CHECK(error.hint() == "networks without a file: bridge, host, none");
    test::write_text(directory / "web.json", R"({"internal":true,"bogus":1})");
    CHECK(caught([&] { load_network("web", path); }).message() ==
          path + "/web.json: bogus: unknown key");
    test::write_text(directory / "web.json", "{");
    CHECK_THAT(caught([&] { load_network("web", path); }).message(),
               test::contains(path + "/web.json is not valid JSON: "));

    const auto networks = load_networks({{.network = "none"}, {.network = "bridge"}}, path);
    REQUIRE(networks.size() == 2);
    CHECK(networks[0].name == "none");
    CHECK(networks[1].interface == "other");
}

TEST_CASE("a network's file that is no network's is refused by its name") {
    const test::TempDir directory;
    for (const char* text :
         {"[]", "7", R"({"driver": 5})", R"({"driver": "overlay", "options": 7})",
          R"({"driver": "overlay", "options": {"control": 7}})",
          R"({"driver": "overlay", "options": {"control": "etcd"}, "hosts": []})"}) {
        CAPTURE(text);
        test::write_text(directory.path() / "web.json", text);
        CHECK_THROWS_WITH(load_network("web", directory.path().string()), test::contains("web"));
    }
}

} // namespace ocinet::oci
