// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/crown/settings.h"

#include <algorithm>
#include <cstdlib>
#include <regex>

#include "netsetup/base/error.h"
#include "tests/support/dhcp_lan.h"
#include "tests/support/docker_plugins.h"
#include "tests/support/etcd.h"
#include "tests/support/wire.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

const Annotations on_bridge = {{"io.ocinet.network", "bridge:ip=10.90.7.7"},
                               {"io.ocinet.name", "crown"},
                               {"io.ocinet.publish", "8080:80,5353:53/udp,9000-9003:9000-9003"}};

Annotations on(const std::string& network, const std::string& publish = "8080:80") {
    Annotations annotations = {{"io.ocinet.network", network}, {"io.ocinet.name", "crown"}};
    if (!publish.empty()) {
        annotations["io.ocinet.publish"] = publish;
    }
    return annotations;
}

json web(const json& options = json::object(),
         const std::vector<std::string>& subnets = {"10.7.0.0/24"}) {
    json network = {{"options", options}, {"subnets", json::array()}};
    for (const auto& subnet : subnets) {
        network["subnets"].push_back({{"subnet", subnet}});
    }
    return network;
}

json internal() {
    json network = web();
    network["internal"] = true;
    return network;
}

json on_br9(const json& options) {
    json network = web(options);
    network["network_interface"] = "br9";
    return network;
}

// Without IPv6, whose addresses would come by and by.
const std::string operators_bridge =
    "s=/proc/sys/net/ipv6/conf/br9/disable_ipv6; [ ! -e $s ] || echo 1 >$s; ip link set br9 up; "
    "ip link add port9 address 02:00:00:00:00:03 type veth peer name port8 address "
    "02:00:00:00:00:04; for i in port8 port9; do s=/proc/sys/net/ipv6/conf/$i/disable_ipv6; "
    "[ ! -e $s ] || echo 1 >$s; done; ip link set port9 master br9 up; ip link set port8 up";
const std::string bridge_br9 = "ip link add br9 address 02:00:00:00:00:09 type bridge ";

json on_lan0(const json& options = json::object(), const std::string& driver = "macvlan") {
    json network = web(options);
    network["driver"] = driver;
    network["network_interface"] = "lan0";
    return network;
}

// Always the same MAC address, so that its twin looks alike.
const Annotations on_lan = on("web:ip=10.7.0.7,mac=02:00:00:00:00:77", "");
const std::string is_off_lan0 = "! bridge fdb show dev lan0 | grep -q 02:00:00:00:00:77";

json overlay(const json& options = json::object()) {
    json network = web({{"vni", "95"}});
    network["options"].update(options);
    network["driver"] = "overlay";
    network["hosts"] = {{{"name", "alpha"}, {"address", "192.0.2.1"}, {"ranges", {"10.7.0.0/28"}}},
                        {{"name", "beta"}, {"address", "192.0.2.2"}, {"ranges", {"10.7.0.16/30"}}}};
    return network;
}

const json overlay_in_etcd = {{"driver", "overlay"}, {"options", {{"control", "etcd"}}}};

const std::string host_alpha = lan0 + "; ip address add 192.0.2.1/24 dev lan0; mkdir -p "
                                      "/etc/ocinet; echo '{\"host_name\": \"alpha\"}' "
                                      ">/etc/ocinet/ocinet.json";

// NOLINTNEXTLINE(readability-function-size): a table
std::vector<Setting> table() {
    static const std::vector<std::string> both = {"10.7.0.0/24", "fd07::/64"};
    return {
        {.name = "cold", .annotations = on_bridge},
        {.name = "cold, forwarding", .annotations = on_bridge, .forwards = true},
        {.name = "warm", .annotations = on_bridge, .neighbour = "bridge"},
        {.name = "second network", .annotations = on_bridge, .neighbour = "web"},
        {.name = "several networks",
         .annotations = on("bridge:ip=10.90.7.7;web:ip=10.7.0.7,interface_name=up"),
         .neighbour = "web"},
        {.name = "both families, cold",
         .annotations = on("web:ip=10.7.0.7,ip=fd07::7"),
         .network = web({}, both)},
        {.name = "both families, warm",
         .annotations =
             on("web:ip=10.7.0.7,ip=fd07::7", "8080:80,[::]:81:81/udp,9000-9003:9000-9003"),
         .network = web({}, both),
         .neighbour = "web"},
        {.name = "IPv6 alone",
         .annotations = on("web:ip=fd07::7"),
         .network = web({}, {"fd07::/64"}),
         .forwards = true},
        {.name = "internal", .annotations = on("web:ip=10.7.0.7", ""), .network = internal()},
        {.name = "ranges, and ports on one address",
         .annotations = on("web:ip=10.7.0.7",
                           "9000-9010:7000-7010,192.0.2.1:8080-8083:8080-8083/udp,127.0.0.1:81:81"),
         .neighbour = "web"},
        {.name = "icc=false",
         .annotations = on("web:ip=10.7.0.7,host_interface_name=web0"),
         .network = web({{"icc", "false"}}),
         .neighbour = "web"},
        {.name = "host_access=false",
         .annotations = on("web:ip=10.7.0.7"),
         .network = web({{"host_access", "false"}}),
         .forwards = true},
        {.name = "isolate=strict",
         .annotations = on("web:ip=10.7.0.7"),
         .network = web({{"isolate", "strict"}}),
         .neighbour = "bridge"},
        {.name = "spoof_check=false",
         .annotations = on("web:ip=10.7.0.7"),
         .network = web({{"spoof_check", "false"}}),
         .neighbour = "web"},
        {.name = "outbound address",
         .annotations = on("web:ip=10.7.0.7"),
         .network = web({{"outbound_addr4", "192.0.2.1"}}),
         .neighbour = "bridge"},
        {.name = "mode=unmanaged",
         .annotations = on("web:ip=10.7.0.7", ""),
         .network = on_br9({{"mode", "unmanaged"}}),
         .on_host = bridge_br9 + "; " + operators_bridge},
        {.name = "first of a namespace",
         .annotations = on_bridge,
         .forwards = true,
         .companion = Companion::follows},
        {.name = "second of a namespace",
         .annotations = on_bridge,
         .forwards = true,
         .companion = Companion::leads},
        {.name = "last of a namespace",
         .annotations = on_bridge,
         .forwards = true,
         .companion = Companion::leads_and_ends},
        {.name = "macvlan",
         .annotations = on_lan,
         .network = on_lan0(),
         .neighbour = "bridge",
         .on_host = lan0,
         .is_gone = is_off_lan0},
        {.name = "macvlan, second of a namespace",
         .annotations = on_lan,
         .network = on_lan0(),
         .on_host = lan0,
         .is_gone = is_off_lan0,
         .companion = Companion::leads},
        {.name = "macvlan that the host reaches",
         .annotations = on_lan,
         .network = on_lan0({{"host_access", "true"}}),
         .on_host = lan0 + "; ip address add 10.7.0.9/24 dev lan0",
         .is_gone = is_off_lan0},
        {.name = "macvlan in mode passthru",
         .annotations = on("web:ip=10.7.0.7", ""),
         .network = on_lan0({{"mode", "passthru"}}),
         .on_host = lan0,
         .is_gone = "ip -d link show lan0 | grep -q 'promiscuity 0 '"},
        {.name = "macvlan with DHCP",
         .annotations = {{"io.ocinet.network", "web"}},
         .network = DhcpLan::network(),
         .is_gone = "! bridge fdb show dev lan0 | grep -q 02:0c:",
         .has_dhcp = true},
        {.name = "overlay",
         .annotations = on("web:ip=10.7.0.7"),
         .network = overlay(),
         .on_host = host_alpha},
        {.name = "overlay, warm",
         .annotations = on("web:ip=10.7.0.7"),
         .network = overlay(),
         .neighbour = "web",
         .on_host = host_alpha},
        {.name = "overlay with EVPN",
         .annotations = on("web:ip=10.7.0.7"),
         .network = overlay({{"control", "evpn"}}),
         .neighbour = "web",
         .on_host = host_alpha},
        {.name = "overlay in etcd",
         .annotations = on("web:ip=10.7.0.7"),
         .network = overlay_in_etcd,
         .neighbour = "web",
         .on_host = host_alpha + "; " + complete_web(false)},
        {.name = "plugins",
         .annotations = on("web:ip=10.7.0.7,mac=02:00:00:00:00:77", ""),
         .network = by_plugins(),
         .on_host = lan0,
         .is_gone = is_off_lan0},
        {.name = "plugins of Docker's",
         .annotations = on("web:ip=10.7.0.7,mac=02:00:00:00:00:77"),
         .network = DockerPlugins::network_with_ipam(),
         .has_docker_plugins = true},
        {.name = "driver none", .annotations = {{"io.ocinet.network", "none"}}},
        {.name = "driver host",
         .annotations = {{"io.ocinet.network", "host"}},
         .in_host_netns = true},
        {.name = "vlan",
         .annotations = on("web:ip=10.7.0.7"),
         .network = on_br9({{"vlan", "10"}}),
         .neighbour = "bridge",
         .has_rare_links = true},
        {.name = "access port",
         .annotations = on("web:ip=10.7.0.7", ""),
         .network = on_br9({{"mode", "unmanaged"}, {"vlan", "10"}}),
         .on_host = bridge_br9 + "vlan_filtering 1; " + operators_bridge,
         .has_rare_links = true},
        {.name = "macvlan on a trunk",
         .annotations = on_lan,
         .network = on_lan0({{"vlan", "50"}}),
         .on_host = lan0,
         .is_gone = is_off_lan0,
         .has_rare_links = true},
        {.name = "ipvlan",
         .annotations = on("web:ip=10.7.0.7", ""),
         .network = on_lan0({}, "ipvlan"),
         .neighbour = "bridge",
         .on_host = lan0,
         .has_rare_links = true},
        {.name = "ipvlan in mode l3s",
         .annotations = on("web:ip=10.7.0.7", ""),
         .network = on_lan0({{"mode", "l3s"}}, "ipvlan"),
         .on_host = lan0,
         .has_rare_links = true},
        {.name = "overlay, encrypted",
         .annotations = on("web:ip=10.7.0.7"),
         .network = overlay_in_etcd,
         .neighbour = "web",
         .on_host = host_alpha + "; " + complete_web(true),
         .has_rare_links = true},
    };
}

} // namespace

const std::vector<Setting>& all_settings() {
    static const std::vector<Setting> settings = [] {
        const char* wanted = std::getenv("OCINET_SETTING");
        auto all = table();
        if (wanted) {
            const std::regex pattern(wanted);
            std::erase_if(all, [&](const Setting& setting) {
                return !std::regex_search(setting.name, pattern);
            });
        }
        return all;
    }();
    return settings;
}

const Setting& setting_called(const std::string& name) {
    static const auto all = table();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const Setting& setting) { return setting.name == name; });
    if (found == all.end()) {
        throw Error("no setting is called " + name);
    }
    return *found;
}

} // namespace ocinet::test
