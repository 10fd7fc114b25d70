// SPDX-License-Identifier: GPL-2.0-or-later
// Every option that changes a plan, and every state of the host that does.
#include "tests/plan/parts.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

std::vector<PlanCase> cases_of_hosts() {
    return {
        {.name = "cold host", .annotations = network("bridge")},
        {.name = "cold host that forwards", .annotations = network("bridge"), .forwarding = true},
        {.name = "second container", .annotations = network("bridge"), .warm = true},
        {.name = "second container, host that forwards",
         .annotations = publish("8080:80"),
         .forwarding = true,
         .warm = true},
        {.name = "first container of a second network",
         .annotations = network("web"),
         .network = web(),
         .warm = true},
        {.name = "several interfaces to guard",
         .annotations = network("bridge"),
         .on_host =
             "for i in 1 2 3; do ip link add x$i address 02:00:00:00:01:0$i type bridge; done"},
        {.name = "somebody took the bridge down and changed it",
         .annotations = network("bridge"),
         .warm = true,
         .on_host = "ip link set ocinet0 down mtu 1400; ip address flush dev ocinet0; "
                    "echo 0 >/proc/sys/net/ipv4/conf/ocinet0/route_localnet; "
                    "s=/proc/sys/net/ipv6/conf/ocinet0/disable_ipv6; [ ! -e $s ] || echo 0 >$s",
         .has_inverse = false},
        {.name = "somebody deleted the bridge",
         .annotations = network("bridge"),
         .warm = true,
         .on_host = "ip link del ocinet0"},
        {.name = "somebody flushed the ruleset",
         .annotations = network("bridge"),
         .warm = true,
         .on_host = "nft flush ruleset",
         .has_inverse = false},
        {.name = "somebody turned forwarding off",
         .annotations = network("bridge"),
         .warm = true,
         .on_host = "echo 0 >/proc/sys/net/ipv4/ip_forward",
         .has_inverse = false},
        {.name = "a table of ours without a version",
         .annotations = publish("8080:80"),
         .on_host = "nft add table inet ocinet",
         .has_inverse = false},
    };
}

std::vector<PlanCase> cases_of_networks() {
    return {
        {.name = "none",
         .annotations = network("none"),
         .in_container = "ip link set lo down",
         .has_inverse = false},
        {.name = "container with lo down",
         .annotations = network("bridge"),
         .in_container = "ip link set lo down",
         .has_inverse = false},
        {.name = "static ip", .annotations = network("bridge:ip=10.90.3.7")},
        {.name = "static mac", .annotations = network("bridge:mac=02:11:22:33:44:55")},
        {.name = "interface_name", .annotations = network("bridge:interface_name=net.7")},
        {.name = "all options of an attachment",
         .annotations = network("bridge:ip=10.90.3.8,mac=0a:11:22:33:44:55,interface_name=up")},
        {.name = "network file", .annotations = network("web"), .network = web()},
        {.name = "mtu",
         .annotations = network("web"),
         .network = web({{"options", {{"mtu", "9000"}}}})},
        {.name = "small mtu",
         .annotations = network("web"),
         .network = web({{"options", {{"mtu", "1280"}}}})},
        {.name = "internal", .annotations = network("web"), .network = web({{"internal", true}})},
        {.name = "internal, second container",
         .annotations = network("web"),
         .network = web({{"internal", true}}),
         .warm = true},
        {.name = "routes",
         .annotations = network("web"),
         .network = web(
             {{"routes",
               {{{"destination", "192.0.2.0/24"}, {"gateway", "10.7.0.9"}},
                {{"destination", "198.51.100.0/24"}, {"gateway", "10.7.0.8"}, {"metric", 77}}}}})},
        {.name = "internal with a route",
         .annotations = network("web"),
         .network =
             web({{"internal", true},
                  {"routes", {{{"destination", "192.0.2.0/24"}, {"gateway", "10.7.0.9"}}}}})},
        {.name = "gateway",
         .annotations = network("web"),
         .network = web_subnet({{"subnet", "10.7.0.0/24"}, {"gateway", "10.7.0.254"}})},
        {.name = "lease range",
         .annotations = network("web"),
         .network =
             web_subnet({{"subnet", "10.7.4.0/22"},
                         {"lease_range", {{"start_ip", "10.7.5.250"}, {"end_ip", "10.7.6.5"}}}}),
         .warm = true},
        {.name = "smallest subnet",
         .annotations = network("web"),
         .network = web_subnet({{"subnet", "10.7.0.4/30"}})},
        {.name = "bridge with a dot in its name",
         .annotations = network("web"),
         .network = web({{"network_interface", "br.web"}})},
    };
}

std::vector<PlanCase> cases_of_ipv6() {
    const json both = {{{"subnet", "10.7.0.0/24"}}, {{"subnet", "fd07::/64"}}};
    const json alone = {{{"subnet", "fd07::/64"}}};
    return {
        {.name = "both families",
         .annotations = network("web"),
         .network = web({{"subnets", both}})},
        {.name = "both families, second container",
         .annotations = network("web"),
         .network = web({{"subnets", both}}),
         .warm = true},
        {.name = "both families, published",
         .annotations = {{"io.ocinet.network", "web:ip=fd07::7"},
                         {"io.ocinet.publish", "8080:80,[::]:81:81/udp,9000-9003:9000-9003"}},
         .network = web({{"subnets", both}})},
        {.name = "IPv6 alone", .annotations = network("web"), .network = web({{"subnets", alone}})},
        {.name = "IPv6 alone, internal",
         .annotations = network("web"),
         .network = web({{"subnets", alone}, {"internal", true}})},
        {.name = "IPv6 without a subnet",
         .annotations = network("web"),
         .network = web({{"ipv6_enabled", true}})},
        {.name = "IPv6 routes",
         .annotations = network("web"),
         .network =
             web({{"subnets", both},
                  {"routes",
                   {{{"destination", "2001:db8:9::/48"}, {"gateway", "fd07::9"}},
                    {{"destination", "2001:db8:8::/48"}, {"route_type", "unreachable"}},
                    {{"destination", "10.8.0.0/16"}, {"route_type", "prohibit"}, {"metric", 9}}}}}),
         .has_inverse = false}, // what leads nowhere is no interface's
        {.name = "a router of IPv6 whose interfaces learn from routers",
         .annotations = network("web"),
         .network = web({{"subnets", both}}),
         .on_host =
             "for i in 1 2; do ip link add x$i address 02:00:00:00:01:0$i type bridge; done; "
             "cd /proc/sys/net/ipv6/conf; echo 1 >x1/forwarding; echo 1 >x2/accept_ra; "
             "echo 2 >x1/accept_ra"},
        {.name = "a host that forwards IPv6 already",
         .annotations = network("web"),
         .network = web({{"subnets", both}}),
         .on_host = "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding"},
    };
}

std::vector<PlanCase> cases_of_options() {
    const auto options = [](const json& values) { return web({{"options", values}}); };
    return {
        {.name = "several networks",
         .annotations = {{"io.ocinet.network", "bridge;web:default_route,interface_name=up"},
                         {"io.ocinet.publish", "8080:80"}},
         .network = web()},
        {.name = "several networks, warm",
         .annotations = network("web;bridge"),
         .network = web(),
         .warm = true},
        {.name = "several subnets",
         .annotations = network("web"),
         .network = web({{"subnets", {{{"subnet", "10.7.0.0/24"}}, {{"subnet", "10.8.0.0/24"}}}}})},
        {.name = "icc=false",
         .annotations = {{"io.ocinet.network", "web"}, {"io.ocinet.publish", "8080:80"}},
         .network = options({{"icc", "false"}})},
        {.name = "icc=false, second container",
         .annotations = network("web"),
         .network = options({{"icc", "false"}}),
         .warm = true},
        {.name = "host_access=false, isolate=strict",
         .annotations = network("web"),
         .network = options({{"host_access", "false"}, {"isolate", "strict"}})},
        {.name = "isolate=false",
         .annotations = network("web"),
         .network = options({{"isolate", "false"}})},
        {.name = "outbound address",
         .annotations = network("web"),
         .network = options({{"outbound_addr4", "192.0.2.1"}})},
        {.name = "metric", .annotations = network("web"), .network = options({{"metric", "77"}})},
        {.name = "no default route",
         .annotations = network("web"),
         .network = options({{"no_default_route", "true"}})},
        {.name = "host_interface_name",
         .annotations = network("web:host_interface_name=web0"),
         .network = options({{"icc", "false"}})},
        {.name = "an operator's bridge",
         .annotations = network("web"),
         .network = web({{"network_interface", "br9"}, {"options", {{"mode", "unmanaged"}}}}),
         .on_host = "ip link add br9 address 02:00:00:00:01:09 mtu 1400 type bridge; "
                    "ip link set br9 up",
         .has_inverse = false}, // a bridge whose first port comes has a carrier from then on
        {.name = "the default route's MTU",
         .annotations = network("web"),
         .network = web(),
         .on_host = "ip link set up0 mtu 1400; ip route add default via 192.0.2.2 dev up0"},
    };
}

std::vector<PlanCase> cases_of_ports() {
    return {
        {.name = "tcp", .annotations = publish("8080:80")},
        {.name = "udp", .annotations = publish("5353:53/udp")},
        {.name = "tcp and udp, cold network that forwards",
         .annotations = publish("8080:80,5353:53/udp"),
         .forwarding = true},
        {.name = "one-to-one range", .annotations = publish("9000-9010:9000-9010")},
        {.name = "one-to-one range of udp", .annotations = publish("9000-9010:9000-9010/udp")},
        {.name = "shifted range", .annotations = publish("9000-9010:7000-7010/tcp")},
        {.name = "shifted range of udp", .annotations = publish("9000-9003:7000-7003/udp")},
        {.name = "host address", .annotations = publish("192.0.2.1:8080:80")},
        {.name = "range on a host address",
         .annotations = publish("192.0.2.1:9000-9010:9000-9010")},
        {.name = "sctp", .annotations = publish("8080:80/sctp,9000-9003:9000-9003/sctp")},
        {.name = "loopback", .annotations = publish("127.0.0.1:8080:80,127.0.0.1:5353:53/udp")},
        {.name = "everything at once on a warm host",
         .annotations = publish("80:80,127.0.0.1:81:81,192.0.2.1:82:82/udp,9000-9010:9000-9010,"
                                "192.0.2.1:9100-9103:7000-7003"),
         .warm = true},
    };
}

std::vector<PlanCase> cases_of_hosts_files() {
    const Annotations named = {{"io.ocinet.network", "bridge"}, {"io.ocinet.name", "web"}};
    return {
        {.name = "name", .annotations = named},
        {.name = "empty hosts file", .annotations = named, .hosts = ""},
        {.name = "hosts file without a last newline",
         .annotations = named,
         .hosts = "127.0.0.1 localhost"},
    };
}

} // namespace

const std::vector<PlanCase>& plan_cases() {
    static const std::vector<PlanCase> all = [] {
        std::vector<PlanCase> cases;
        for (const auto& some : {cases_of_hosts(), cases_of_networks(), cases_of_ipv6(),
                                 cases_of_macvlan(), cases_of_overlay(), cases_of_docker(),
                                 cases_of_options(), cases_of_ports(), cases_of_hosts_files()}) {
            cases.insert(cases.end(), some.begin(), some.end());
        }
        return cases;
    }();
    return all;
}

} // namespace ocinet::test
