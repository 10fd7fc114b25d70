// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/policy/layout.h"

#include <unistd.h>

#include <algorithm>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"
#include "tests/policy/echo.h"
#include "tests/policy/transport.h"

namespace ocinet::test {

namespace {

struct ContainerSpec {
    const char* name;
    // With the address that it has there in IPv4 and in IPv6.
    const char* network;
    // Separated by spaces, each for all transports.
    const char* publish;
    std::vector<Listener> listeners;
};

// The default network, with IPv6.
const char* const default_network = R"({"network_interface":"ocinet0",
    "subnets":[{"subnet":"10.90.0.0/16"},{"subnet":"fd00:90::/64"}]})";

struct NetworkSpec {
    const char* name;
    // 10.91.N.0/24, fd00:91:N::/64
    int number;
    const char* options = "{}";
    bool internal = false;
};

constexpr NetworkSpec network_specs[] = {
    {"web", 1},
    {"inner", 2, "{}", true},
    {"apart", 3, R"({"icc":"false"})"},
    {"sealed", 4, R"({"host_access":"false"})"},
    {"open1", 5, R"({"isolate":"false"})"},
    {"open2", 6, R"({"isolate":"false"})"},
    {"strict", 7, R"({"isolate":"strict"})"},
    {"aloof", 9, R"({"icc":"false","isolate":"strict"})"},
    {"outbound", 8, R"({"outbound_addr4":"198.51.100.9","outbound_addr6":"2001:db8:2::9"})"},
};

const std::vector<ContainerSpec>& container_specs() {
    static const std::vector<ContainerSpec> all = {
        {"web1",
         "bridge:ip=10.90.0.11,ip=fd00:90::11",
         "8080:80 127.0.0.1:8081:80 192.0.2.1:8082:80 [2001:db8:1::1]:8082:80 "
         "9000-9002:9000-9002 9100-9102:7000-7002 192.0.2.1:9200-9202:9200-9202 "
         "[2001:db8:1::1]:9200-9202:9200-9202 80",
         {{.port = 80},
          {.port = 81},
          {.port = 7000},
          {.port = 7002},
          {.port = 7003},
          {.port = 9000},
          {.port = 9002},
          {.port = 9003},
          {.port = 9200},
          {.port = 9202}}},
        {"web2",
         "bridge:ip=10.90.0.12,ip=fd00:90::12",
         "8090:80 20000-29999:20000-29999",
         {{.port = 80}, {.port = 20000}, {.port = 25000}, {.port = 29999}, {.port = 30000}}},
        {"eve", "bridge:ip=10.90.0.13,ip=fd00:90::13", "", {}},
        {"far", "web:ip=10.91.1.11,ip=fd00:91:1::11", "8100:80", {{.port = 80}, {.port = 81}}},
        {"shut", "inner:ip=10.91.2.11,ip=fd00:91:2::11", "", {{.port = 80}}},
        {"shut2", "inner:ip=10.91.2.12,ip=fd00:91:2::12", "", {{.port = 80}, {.port = 81}}},
        {"lone1", "apart:ip=10.91.3.11,ip=fd00:91:3::11", "8110:80", {{.port = 80}}},
        {"lone2", "apart:ip=10.91.3.12,ip=fd00:91:3::12", "8120:80", {{.port = 80}}},
        {"lone3", "apart:ip=10.91.3.13,ip=fd00:91:3::13", "", {{.port = 80}}},
        {"sealed", "sealed:ip=10.91.4.11,ip=fd00:91:4::11", "", {{.port = 80}}},
        {"open1", "open1:ip=10.91.5.11,ip=fd00:91:5::11", "", {{.port = 80}}},
        {"open2", "open2:ip=10.91.6.11,ip=fd00:91:6::11", "", {{.port = 80}}},
        {"strict", "strict:ip=10.91.7.11,ip=fd00:91:7::11", "8130:80", {{.port = 80}}},
        {"aloof1", "aloof:ip=10.91.9.11,ip=fd00:91:9::11", "8140:80", {{.port = 80}}},
        {"aloof2", "aloof:ip=10.91.9.12,ip=fd00:91:9::12", "", {{.port = 80}}},
        {"sender", "outbound:ip=10.91.8.11,ip=fd00:91:8::11", "", {{.port = 80}}},
    };
    return all;
}

// Of the host: a service, one on the loopback alone, and DNS.
const std::vector<Listener>& host_services() {
    static const std::vector<Listener> all = {
        {.port = 7777}, {.address = "127.0.0.1", .port = 7778}, {.port = 53}};
    return all;
}

// Routes to every network of ours: no answer is lost because nobody knew the way.
std::string routes_through(const std::string& gateway, const std::string& gateway6) {
    std::string commands;
    for (const char* subnet : {"10.90.0.0/16", "10.91.0.0/16", "192.0.2.0/24", "198.51.100.0/24"}) {
        commands += std::string("ip route add ") + subnet + " via " + gateway + " 2>/dev/null; ";
    }
    for (const char* subnet :
         {"fd00:90::/64", "fd00:91::/32", "2001:db8:1::/64", "2001:db8:2::/64"}) {
        commands += std::string("ip route add ") + subnet + " via " + gateway6 + " 2>/dev/null; ";
    }
    return commands + "true";
}

// Gives up 127.0.0.0/8 for itself and routes it to the gateway instead (CVE-2020-8558).
void send_loopback_to(const Place& place, const std::string& gateway) {
    place.sh("ip address del 127.0.0.1/8 dev lo && ip route add 127.0.0.0/8 via " + gateway +
             " && for f in all default; do"
             " echo 1 >/proc/sys/net/ipv4/conf/$f/route_localnet; done");
}

std::string for_all_transports(const char* publish) {
    std::vector<std::string> mappings;
    for (const auto mapping : split(publish, ' ')) {
        for (const auto& transport : transports()) {
            mappings.push_back(std::string(mapping) + "/" + transport.name);
        }
    }
    return join(mappings, ",");
}

void set(const Place& host, const std::string& setting, int value) {
    host.sh("echo " + std::to_string(value) + " >/proc/sys/net/" + setting);
}

} // namespace

Layout::Layout() {
    write_networks();
    connect_lans();
    attach_containers();
    allow_crafted_packets();
    add_operators_rule();
    servers_.push_back(serve(host_, "host", host_services()));
    servers_.push_back(serve(client_, "client", {{.port = 80}, {.port = 53}}));
    servers_.push_back(serve(other_, "other", {{.port = 80}, {.port = 53}}));
    servers_.push_back(serve(right_, "right", {{.port = 80}}));
    for (const auto& spec : container_specs()) {
        servers_.push_back(serve(place(spec.name), spec.name, spec.listeners));
    }
}

void Layout::write_networks() const {
    host_.write_network("bridge", nlohmann::json::parse(default_network));
    for (const auto& spec : network_specs) {
        const std::string number = std::to_string(spec.number);
        auto file = network_file("10.91." + number + ".0/24", spec.internal);
        file["subnets"].push_back({{"subnet", "fd00:91:" + number + "::/64"}});
        file["options"] = nlohmann::json::parse(spec.options);
        host_.write_network(spec.name, file);
    }
}

void Layout::connect_lans() {
    set(host_, "ipv4/ip_forward", 0);
    set(host_, "ipv6/conf/all/forwarding", 0);
    // Each refusal is told, however many there are.
    set(host_, "ipv4/icmp_ratelimit", 0);
    set(host_, "ipv6/icmp/ratelimit", 0);
    set(host_, "ipv4/conf/all/rp_filter", 0);
    set(host_, "ipv4/conf/default/rp_filter", 0);
    host_.connect(client_, "lan0", "192.0.2.1/24", "192.0.2.2/24");
    host_.connect(other_, "lan1", "198.51.100.1/24", "198.51.100.2/24");
    host_.connect(evil_, "lan2", "203.0.113.1/24", "203.0.113.2/24");
    host_.sh("ip address add 2001:db8:1::1/64 dev lan0 nodad;"
             "ip address add 2001:db8:2::1/64 dev lan1 nodad;"
             "ip address add 2001:db8:2::9/64 dev lan1 nodad preferred_lft 0;"
             "ip address add 198.51.100.9/24 dev lan1;"
             "ip address add 2001:db8:3::1/64 dev lan2 nodad");
    host_.connect(left_, "port0", "", "10.99.0.1/24");
    host_.connect(right_, "port1", "", "10.99.0.2/24");
    host_.sh("ip link add br0 type bridge; ip link set br0 up; ip link set port0 master br0;"
             "ip link set port1 master br0");
    left_.sh("ip address add fd00:99::1/64 dev port0 nodad");
    right_.sh("ip address add fd00:99::2/64 dev port1 nodad");
    client_.sh("ip address add 2001:db8:1::2/64 dev lan0 nodad;" +
               routes_through("192.0.2.1", "2001:db8:1::1"));
    other_.sh("ip address add 2001:db8:2::2/64 dev lan1 nodad;" +
              routes_through("198.51.100.1", "2001:db8:2::1"));
    evil_.sh("ip address add 2001:db8:3::2/64 dev lan2 nodad;" +
             routes_through("203.0.113.1", "2001:db8:3::1"));
}

void Layout::attach(const std::string& name, const Annotations& annotations) {
    auto container = std::make_unique<Container>(host_, annotations);
    results_[name] = container->attach();
    containers_[name] = std::move(container);
}

void Layout::attach_containers() {
    for (const auto& spec : container_specs()) {
        Annotations annotations{{"io.ocinet.network", spec.network}};
        if (*spec.publish != 0) {
            annotations["io.ocinet.publish"] = for_all_transports(spec.publish);
        }
        attach(spec.name, annotations);
    }
    // That a container of an internal network has no way out is more than a missing route.
    for (const char* name : {"shut", "shut2"}) {
        place(name).sh("ip route add default via 10.91.2.1; ip route add default via fd00:91:2::1");
    }
    // A neighbour is not only reached directly.
    place("lone1").sh("ip route add 10.91.3.13 via 10.91.3.1;"
                      "ip route add fd00:91:3::13 via fd00:91:3::1");
}

void Layout::allow_crafted_packets() const {
    send_loopback_to(place("eve"), "10.90.0.1");
    send_loopback_to(evil_, "203.0.113.1");
    set(host_, "ipv4/conf/lan2/route_localnet", 1);
    set(host_, "ipv4/conf/lan2/accept_local", 1);
    set(host_, "ipv4/conf/ocinet0/accept_local", 1);
}

// A destination that somebody else translates: the policy must not take it for a published port of
// an internal network.
void Layout::add_operators_rule() const {
    host_.sh("nft -f -",
             "table inet operator {\n"
             "  chain prerouting {\n"
             "    type nat hook prerouting priority dstnat; policy accept;\n"
             "    meta l4proto { tcp, udp, sctp } th dport 8500 dnat ip to 10.91.2.11:80\n"
             "    meta l4proto { tcp, udp, sctp } th dport 8500 dnat ip6 to [fd00:91:2::11]:80\n"
             "  }\n"
             "}\n");
}

const Place& Layout::place(const std::string& name) const {
    const std::map<std::string, const Place*> hosts = {{"host", &host_},   {"client", &client_},
                                                       {"other", &other_}, {"evil", &evil_},
                                                       {"left", &left_},   {"right", &right_}};
    const auto found = hosts.find(name);
    return found != hosts.end() ? *found->second : *containers_.at(name);
}

bool Layout::was_delivered(const std::string& word) const {
    return std::any_of(servers_.begin(), servers_.end(), [&](const Process& server) {
        return server.out().find("\n" + word + "\n") != std::string::npos;
    });
}

std::uint16_t Layout::random_port(const std::string& protocol) const {
    // The first of web1's mappings of port 80 whose host port we did not choose.
    for (const auto& line : results_.at("web1")["attachments"][0]["ports"]) {
        const auto text = line.get<std::string>();
        const std::string head = "80/" + protocol + " -> 0.0.0.0:";
        if (text.starts_with(head) && text != head + "8080") {
            return std::uint16_t(std::stoi(text.substr(head.size())));
        }
    }
    throw Error("web1 has no random port: " + results_.at("web1").dump());
}

void Layout::set_bridge_nf(bool on) const {
    test::set_bridge_nf(host_, on);
}

void Layout::forget_neighbours() const {
    const std::string flush = "ip -4 neigh flush all; ip -6 neigh flush all";
    host_.sh(flush);
    for (const auto& [name, container] : containers_) {
        container->sh(flush);
    }
}

void Layout::open_filters() const {
    host_.sh("for chain in guard input forward; do"
             " nft insert rule inet ocinet $chain accept; done;"
             " nft insert rule bridge ocinet prerouting accept");
}

void set_bridge_nf(const Host& host, bool on) {
    if (!on && !missing_for_bridge_nf().empty()) {
        return;
    }
    set(host, "bridge/bridge-nf-call-iptables", on ? 1 : 0);
    set(host, "bridge/bridge-nf-call-ip6tables", on ? 1 : 0);
}

std::string missing_for_bridge_nf() {
    const bool there = ::access("/proc/sys/net/bridge/bridge-nf-call-iptables", F_OK) == 0;
    return there ? "" : "this kernel has no br_netfilter loaded";
}

nlohmann::json network_file(const std::string& subnet, bool internal) {
    return {{"subnets", {{{"subnet", subnet}}}}, {"internal", internal}};
}

} // namespace ocinet::test
