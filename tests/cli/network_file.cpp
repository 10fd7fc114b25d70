// SPDX-License-Identifier: GPL-2.0-or-later
// `ocinet network create`: from its options to the file.
#include "cli/network_file.h"

#include <sys/socket.h>

#include "netsetup/base/error.h"
#include "oci-config/network.h"
#include "tests/support/catch.h"

namespace ocinet::cli {

namespace {

using nlohmann::json;

Prefix chosen(int family) {
    return *Prefix::parse(family == AF_INET ? "10.91.7.0/24" : "fd12:3456:789a:7::/64");
}

json file_of(NetworkOptions options) {
    options.name = "web";
    const json file = network_json(options, chosen);
    // Whatever is asked for here, the product itself must understand.
    oci::parse_network(file.dump(), "web", "web.json");
    return file;
}

struct Bad {
    NetworkOptions options;
    std::string said;
};

} // namespace

TEST_CASE("without options a network has a subnet that is chosen for it") {
    CHECK(file_of({}) == json{{"name", "web"},
                              {"driver", "bridge"},
                              {"subnets", {{{"subnet", "10.91.7.0/24"}, {"gateway", "10.91.7.1"}}}},
                              {"ipv6_enabled", false},
                              {"internal", false}});
}

TEST_CASE("--ipv6 adds a subnet where none is named") {
    const json both = file_of({.ipv6 = true});
    CHECK(both["ipv6_enabled"] == true);
    CHECK(both["subnets"][1] ==
          json{{"subnet", "fd12:3456:789a:7::/64"}, {"gateway", "fd12:3456:789a:7::1"}});
    const json named = file_of({.subnets = {"fd00:5::/64"}, .ipv6 = true});
    CHECK(named["subnets"].size() == 1);
    CHECK(named["subnets"][0]["subnet"] == "fd00:5::/64");
    CHECK(file_of({.subnets = {"fd00:5::/64"}})["ipv6_enabled"] == true);
    CHECK(file_of({.subnets = {"10.1.0.0/24"}, .ipv6 = true})["subnets"].size() == 2);
}

TEST_CASE("gateways and ranges find their subnets") {
    const json file = file_of({.subnets = {"10.1.0.0/24", "fd00:5::/64"},
                               .gateways = {"fd00:5::9", "10.1.0.9"},
                               .ip_ranges = {"10.1.0.128/25", "fd00:5::10-fd00:5::20"}});
    CHECK(file["subnets"] ==
          json{{{"subnet", "10.1.0.0/24"},
                {"gateway", "10.1.0.9"},
                {"lease_range", {{"start_ip", "10.1.0.128"}, {"end_ip", "10.1.0.254"}}}},
               {{"subnet", "fd00:5::/64"},
                {"gateway", "fd00:5::9"},
                {"lease_range", {{"start_ip", "fd00:5::10"}, {"end_ip", "fd00:5::20"}}}}});
    const json whole = file_of({.subnets = {"10.1.0.0/24"}, .ip_ranges = {"10.1.0.0/24"}});
    CHECK(whole["subnets"][0]["lease_range"] ==
          json{{"start_ip", "10.1.0.1"}, {"end_ip", "10.1.0.254"}});
}

TEST_CASE("options, labels, routes and flags stand in the file") {
    const json file = file_of({.subnets = {"10.1.0.0/24"},
                               .options = {"mtu=1400", "isolate=strict", "metric=5"},
                               .labels = {"tier=front=1", "plain"},
                               .routes = {"10.9.0.0/16,10.1.0.7", "10.8.0.0/16,10.1.0.8,20"},
                               .interface = "br-web",
                               .internal = true,
                               .disable_dns = true});
    CHECK(file["options"] == json{{"mtu", "1400"}, {"isolate", "strict"}, {"metric", "5"}});
    CHECK(file["labels"] == json{{"tier", "front=1"}, {"plain", ""}});
    CHECK(file["routes"] ==
          json{{{"destination", "10.9.0.0/16"}, {"gateway", "10.1.0.7"}},
               {{"destination", "10.8.0.0/16"}, {"gateway", "10.1.0.8"}, {"metric", 20}}});
    CHECK(file["network_interface"] == "br-web");
    CHECK(file["internal"] == true);
    CHECK(file["dns_enabled"] == false);
}

TEST_CASE("Docker's names of options are understood") {
    const json file = file_of({.options = {"com.docker.network.driver.mtu=1400",
                                           "com.docker.network.bridge.enable_icc=false",
                                           "com.docker.network.bridge.name=br-web"}});
    CHECK(file["options"] == json{{"mtu", "1400"}, {"icc", "false"}});
    CHECK(file["network_interface"] == "br-web");
}

TEST_CASE("an overlay's file leaves to etcd what is not named") {
    const json bare = network_json({.driver = "overlay", .options = {"control=etcd"}}, chosen);
    CHECK_FALSE(bare.contains("subnets"));
    CHECK_FALSE(bare.contains("ipv6_enabled"));
    const json file =
        network_json({.driver = "overlay",
                      .subnets = {"10.95.0.0/16", "fd95::/64"},
                      .options = {"control=etcd", "encrypted",
                                  "com.docker.network.driver.overlay.vxlanid_list=95"}},
                     chosen);
    CHECK(file["options"] == json{{"control", "etcd"}, {"encrypted", "true"}, {"vni", "95"}});
    CHECK(file["ipv6_enabled"] == true);
}

TEST_CASE("another driver's network has a subnet only when it is named") {
    const json file = file_of({.driver = "macvlan",
                               .options = {"parent=eth0", "macvlan_mode=vepa"},
                               .ipam_driver = "none",
                               .ipv6 = true});
    CHECK_FALSE(file.contains("subnets"));
    CHECK(file["network_interface"] == "eth0");
    CHECK(file["options"] == json{{"mode", "vepa"}});
    CHECK(file["ipam_options"] == json{{"driver", "none"}});
    CHECK(file["ipv6_enabled"] == true); // by SLAAC
}

TEST_CASE("options that contradict each other are refused") {
    const Bad bad = GENERATE(values<Bad>({
        {{.subnets = {"10.1.0.0"}}, "--subnet 10.1.0.0: not a prefix"},
        {{.gateways = {"10.1.0.1"}}, "--gateway 10.1.0.1: goes with --subnet"},
        {{.subnets = {"10.1.0.0/24"}, .gateways = {"x"}}, "--gateway x: not an IP address"},
        {{.subnets = {"10.1.0.0/24"}, .gateways = {"10.2.0.1"}}, "in none of the network's"},
        {{.subnets = {"10.1.0.0/24"}, .gateways = {"10.1.0.1", "10.1.0.2"}},
         "has the gateway 10.1.0.1"},
        {{.subnets = {"10.1.0.0/24"}, .ip_ranges = {"10.1.0.5"}}, "--ip-range 10.1.0.5: neither"},
        {{.subnets = {"10.1.0.0/24"}, .ip_ranges = {"10.1.0.5-fd00::1"}}, "neither"},
        {{.subnets = {"10.1.0.0/24"}, .ip_ranges = {"10.1.0.5/25"}}, "neither"},
        {{.subnets = {"10.1.0.0/24"}, .ip_ranges = {"10.1.0.0/25", "10.1.0.128/25"}},
         "has one already"},
        {{.routes = {"10.9.0.0/16"}}, "not DESTINATION,GATEWAY"},
        {{.routes = {"10.9.0.0/16,10.1.0.7,x"}}, "its metric"},
        {{.driver = "overlay", .ipv6 = true}, "an overlay has no IPv6 subnet that is not named"},
        {{.options = {"=1"}}, "--opt =1: not KEY=VALUE"},
        {{.options = {"mtu=1", "com.docker.network.driver.mtu=2"}}, "--opt mtu is given twice"},
        {{.options = {"com.docker.network.bridge.name=a"}, .interface = "b"}, "is to be b"},
        {{.options = {"mode=unmanaged"}}, "has the subnet of its operator's bridge"},
    }));
    CAPTURE(bad.said);
    CHECK_THROWS_WITH(network_json(bad.options, chosen), test::contains(bad.said));
}

} // namespace ocinet::cli
