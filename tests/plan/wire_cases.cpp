// SPDX-License-Identifier: GPL-2.0-or-later
// Networks that reach a wire: macvlan, ipvlan, VLANs, overlay.
#include "tests/plan/parts.h"
#include "tests/support/etcd.h"
#include "tests/support/wire.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

const std::string is_alpha =
    R"(mkdir -p /etc/ocinet; echo '{"host_name": "alpha"}' >/etc/ocinet/ocinet.json; )";

json on_lan0(const json& options, const json& more = json::object()) {
    json network =
        web({{"driver", "macvlan"}, {"network_interface", "lan0"}, {"options", options}});
    network.update(more);
    return network;
}

json on_br9(const json& options) {
    return web({{"network_interface", "br9"}, {"options", options}});
}

const json overlay_in_etcd = {{"driver", "overlay"}, {"options", {{"control", "etcd"}}}};

} // namespace

std::vector<PlanCase> cases_of_macvlan() {
    return {
        {.name = "macvlan",
         .annotations = network("web:mac=02:11:22:33:44:55"),
         .network = on_lan0({{"mode", "private"}}),
         .on_host = lan0},
        {.name = "macvlan, every option",
         .annotations = network("web:ip=fd07::7,mac=02:11:22:33:44:55,interface_name=net.7"),
         .network =
             on_lan0({{"mode", "vepa"}, {"mtu", "1400"}, {"metric", "7"}},
                     {{"subnets", {{{"subnet", "10.7.0.0/24"}}, {{"subnet", "fd07::/64"}}}}}),
         .on_host = lan0},
        {.name = "macvlan that the host reaches",
         .annotations = network("web:mac=02:11:22:33:44:55"),
         .network =
             on_lan0({{"host_access", "true"}},
                     {{"subnets", {{{"subnet", "10.7.0.0/24"}}, {{"subnet", "fd07::/64"}}}}}),
         .on_host = lan0 + "; ip address add 10.7.0.9/24 dev lan0; "
                           "echo 0 >/proc/sys/net/ipv6/conf/lan0/disable_ipv6; "
                           "ip address add fd07::9/64 dev lan0 nodad"},
        {.name = "macvlan in mode passthru",
         .annotations = network("web"),
         .network = on_lan0({{"mode", "passthru"}}),
         .on_host = lan0},
        {.name = "plugins",
         .annotations = network("web:ip=10.7.0.7,mac=02:11:22:33:44:55"),
         .network = by_plugins(),
         .on_host = lan0},
        {.name = "macvlan without a subnet",
         .annotations = network("web:mac=02:11:22:33:44:55"),
         .network = {{"driver", "macvlan"}, {"network_interface", "lan0"}},
         .on_host = lan0},
        {.name = "macvlan on the interface of the default route",
         .annotations = network("web:mac=02:11:22:33:44:55"),
         .network = {{"driver", "macvlan"}, {"subnets", {{{"subnet", "10.7.0.0/24"}}}}},
         .on_host = lan0 + "; ip address add 10.7.0.1/24 dev lan0; ip route add default via "
                           "10.7.0.9"},
    };
}

std::vector<PlanCase> cases_of_docker() {
    const json both = {{"subnets", {{{"subnet", "10.7.0.0/24"}}, {{"subnet", "fd07::/64"}}}}};
    const json leased = DockerPlugins::network_with_ipam();
    json leased_of_both = leased;
    leased_of_both.update(both);
    json own_of_both = DockerPlugins::network();
    own_of_both.update(both);
    return {
        {.name = "a plugin of Docker's",
         .annotations = network("web:ip=10.7.0.7,mac=02:11:22:33:44:55"),
         .network = own_of_both,
         .has_docker_plugins = true},
        {.name = "two plugins of Docker's, and a port",
         .annotations = {{"io.ocinet.network", "web:ip=10.7.0.7,mac=02:11:22:33:44:55"},
                         {"io.ocinet.publish", "8080:80"}},
         .network = leased_of_both,
         .has_docker_plugins = true},
        {.name = "a network that plugins of Docker's have",
         .annotations = network("web:mac=02:11:22:33:44:55"),
         .network = leased,
         .warm = true,
         .has_docker_plugins = true},
    };
}

// Twins have the address 192.0.2.1.
std::vector<PlanCase> cases_of_overlay() {
    const auto overlay = [](const json& subnets, const json& hosts, const json& options) {
        return web(
            {{"driver", "overlay"}, {"subnets", subnets}, {"hosts", hosts}, {"options", options}});
    };
    const json beta = {{"name", "beta"}, {"address", "192.0.2.2"}, {"ranges", {"10.7.0.16/30"}}};
    return {
        {.name = "overlay",
         .annotations = network("web"),
         .network = overlay(
             {{{"subnet", "10.7.0.0/24"}}},
             {{{"name", "alpha"}, {"address", "192.0.2.1"}, {"ranges", {"10.7.0.0/28"}}}, beta},
             {{"vni", "95"}}),
         .on_host = is_alpha},
        {.name = "overlay, every option, over IPv6",
         .annotations = {{"io.ocinet.network", "web"}, {"io.ocinet.publish", "8080:80"}},
         .network =
             overlay({{{"subnet", "10.7.0.0/24"}}, {{"subnet", "fd07::/64"}}},
                     {{{"name", "alpha"},
                       {"address", "2001:db8::1"},
                       {"ranges", {"10.7.0.0/28", "fd07::1:0/120"}}},
                      {{"name", "beta"},
                       {"address", "2001:db8::2"},
                       {"ranges", {"10.7.0.16/30", "fd07::2:0/120"}},
                       {"endpoints", json::array({{{"addresses", {"10.7.0.17", "fd07::2:7"}},
                                                   {"mac", "02:00:00:00:00:77"}}})}}},
                     {{"vni", "16777215"}, {"port", "8472"}, {"mtu", "1300"}, {"icc", "false"}}),
         .on_host = is_alpha + "echo 0 >/proc/sys/net/ipv6/conf/up0/disable_ipv6; "
                               "ip address add 2001:db8::1/64 dev up0 nodad"},
        {.name = "overlay, with EVPN",
         .annotations = network("web"),
         .network =
             overlay({{{"subnet", "10.7.0.0/24"}}},
                     {{{"name", "alpha"}, {"address", "192.0.2.1"}, {"ranges", {"10.7.0.0/28"}}}},
                     {{"vni", "95"}, {"control", "evpn"}}),
         .on_host = is_alpha},
        {.name = "overlay, in etcd",
         .annotations = network("web"),
         .network = overlay_in_etcd,
         .on_host = is_alpha + complete_web(false)},
    };
}

std::vector<PlanCase> cases_with_rare_links() {
    return {
        {.name = "a bridge in a VLAN",
         .annotations = publish("8080:80"),
         .network = web({{"options", {{"vlan", "10"}}}})},
        {.name = "an access port of an operator's bridge",
         .annotations = network("web"),
         .network = on_br9({{"mode", "unmanaged"}, {"vlan", "10"}}),
         .on_host = lan0 + "; ip link add br9 address 02:00:00:00:00:09 type bridge "
                           "vlan_filtering 1; s=/proc/sys/net/ipv6/conf/br9/disable_ipv6; "
                           "[ ! -e $s ] || echo 1 >$s; ip link set lan0 master br9; "
                           "ip link set br9 up"},
        {.name = "macvlan on a trunk",
         .annotations = network("web:mac=02:11:22:33:44:55"),
         .network = on_lan0({{"vlan", "50"}}),
         .on_host = lan0},
        {.name = "ipvlan",
         .annotations = network("web"),
         .network = on_lan0(json::object(), {{"driver", "ipvlan"}}),
         .on_host = lan0},
        {.name = "ipvlan in mode l3s, both families",
         .annotations = network("web"),
         .network =
             on_lan0({{"mode", "l3s"}, {"mtu", "1400"}},
                     {{"driver", "ipvlan"},
                      {"subnets", {{{"subnet", "10.7.0.0/24"}}, {{"subnet", "fd07::/64"}}}}}),
         .on_host = lan0},
        {.name = "overlay, encrypted",
         .annotations = network("web"),
         .network = overlay_in_etcd,
         .on_host = is_alpha + complete_web(true)},
    };
}

} // namespace ocinet::test
