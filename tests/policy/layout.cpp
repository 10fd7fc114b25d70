// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/policy/layout.h"

#include <unistd.h>

#include <algorithm>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"
#include "tests/policy/echo.h"

namespace ocinet::test {

namespace {

struct ContainerSpec {
    const char* name;
    const char* network;
    const char* publish;
    std::vector<Listener> listeners;
};

const std::vector<ContainerSpec>& container_specs() {
    static const std::vector<ContainerSpec> all = {
        {"web1",
         "bridge:ip=10.90.0.11",
         "8080:80/tcp,8080:80/udp,"
         "127.0.0.1:8081:80/tcp,127.0.0.1:8081:80/udp,"
         "192.0.2.1:8082:80/tcp,192.0.2.1:8082:80/udp,"
         "9000-9002:9000-9002/tcp,9000-9002:9000-9002/udp,"
         "9100-9102:7000-7002/tcp,9100-9102:7000-7002/udp,"
         "192.0.2.1:9200-9202:9200-9202/tcp,192.0.2.1:9200-9202:9200-9202/udp,"
         "80/tcp,80/udp",
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
        {"web2", "bridge:ip=10.90.0.12", "8090:80/tcp,8090:80/udp", {{.port = 80}}},
        {"eve", "bridge:ip=10.90.0.13", "", {}},
        {"far", "web:ip=10.91.1.11", "8100:80/tcp,8100:80/udp", {{.port = 80}, {.port = 81}}},
        {"shut", "inner:ip=10.91.2.11", "", {{.port = 80}}},
        {"shut2", "inner:ip=10.91.2.12", "", {{.port = 80}, {.port = 81}}},
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
std::string routes_through(const std::string& gateway) {
    std::string commands;
    for (const char* subnet : {"10.90.0.0/16", "10.91.0.0/16", "192.0.2.0/24", "198.51.100.0/24"}) {
        commands += std::string("; ip route add ") + subnet + " via " + gateway + " 2>/dev/null";
    }
    return commands.substr(2) + "; true";
}

// Gives up 127.0.0.0/8 for itself and routes it to the gateway instead (CVE-2020-8558).
void send_loopback_to(const Place& place, const std::string& gateway) {
    place.sh("ip address del 127.0.0.1/8 dev lo && ip route add 127.0.0.0/8 via " + gateway +
             " && for f in all default; do"
             " echo 1 >/proc/sys/net/ipv4/conf/$f/route_localnet; done");
}

void set(const Place& host, const std::string& setting, int value) {
    host.sh("echo " + std::to_string(value) + " >/proc/sys/net/" + setting);
}

} // namespace

Layout::Layout() {
    host_.write_network("web", network_file("10.91.1.0/24"));
    host_.write_network("inner", network_file("10.91.2.0/24", true));
    connect_lans();
    attach_containers();
    allow_crafted_packets();
    add_operators_rule();
    servers_.push_back(serve(host_, "host", host_services()));
    servers_.push_back(serve(client_, "client", {{.port = 80}}));
    servers_.push_back(serve(other_, "other", {{.port = 80}}));
    for (const auto& spec : container_specs()) {
        servers_.push_back(serve(place(spec.name), spec.name, spec.listeners));
    }
}

void Layout::connect_lans() {
    set(host_, "ipv4/ip_forward", 0);
    // Each refusal is told, however many there are.
    set(host_, "ipv4/icmp_ratelimit", 0);
    set(host_, "ipv4/conf/all/rp_filter", 0);
    set(host_, "ipv4/conf/default/rp_filter", 0);
    host_.connect(client_, "lan0", "192.0.2.1/24", "192.0.2.2/24");
    host_.connect(other_, "lan1", "198.51.100.1/24", "198.51.100.2/24");
    host_.connect(evil_, "lan2", "203.0.113.1/24", "203.0.113.2/24");
    client_.sh(routes_through("192.0.2.1"));
    other_.sh(routes_through("198.51.100.1"));
    evil_.sh(routes_through("203.0.113.1"));
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
            annotations["io.ocinet.publish"] = spec.publish;
        }
        attach(spec.name, annotations);
    }
    // That a container of an internal network has no way out is more than a missing route.
    for (const char* name : {"shut", "shut2"}) {
        place(name).sh("ip route add default via 10.91.2.1");
    }
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
    host_.sh("nft -f -", "table ip operator {\n"
                         "  chain prerouting {\n"
                         "    type nat hook prerouting priority dstnat; policy accept;\n"
                         "    tcp dport 8500 dnat to 10.91.2.11:80\n"
                         "    udp dport 8500 dnat to 10.91.2.11:80\n"
                         "  }\n"
                         "}\n");
}

const Place& Layout::place(const std::string& name) const {
    const std::map<std::string, const Place*> hosts = {
        {"host", &host_}, {"client", &client_}, {"other", &other_}, {"evil", &evil_}};
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

void Layout::open_filters() const {
    host_.sh("for chain in guard input forward; do"
             " nft insert rule inet ocinet $chain accept; done");
}

void set_bridge_nf(const Host& host, bool on) {
    if (!on && !missing_for_bridge_nf().empty()) {
        return;
    }
    set(host, "bridge/bridge-nf-call-iptables", on ? 1 : 0);
}

std::string missing_for_bridge_nf() {
    const bool there = ::access("/proc/sys/net/bridge/bridge-nf-call-iptables", F_OK) == 0;
    return there ? "" : "this kernel has no br_netfilter loaded";
}

nlohmann::json network_file(const std::string& subnet, bool internal) {
    return {{"subnets", {{{"subnet", subnet}}}}, {"internal", internal}};
}

} // namespace ocinet::test
