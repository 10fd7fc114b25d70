// SPDX-License-Identifier: GPL-2.0-or-later
// Requests that cannot be served: annotations, published ports, network files.
#include "tests/kernel/refusal.h"
#include "tests/kernel/sample.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

Refusal request(const std::string& network, const std::string& said) {
    return {.title = "network " + network,
            .said = said,
            .annotations = {{"io.ocinet.network", network}}};
}

Refusal publish(const std::string& ports, const std::string& said) {
    return {
        .title = "publish " + ports, .said = said, .annotations = {{"io.ocinet.publish", ports}}};
}

Refusal file(const std::string& text, const std::string& said, const std::string& ask = "web",
             const std::string& ports = "") {
    Refusal refusal{.title = "file " + text.substr(0, 100),
                    .said = said,
                    .annotations = {{"io.ocinet.network", ask}},
                    .network_file = text};
    if (!ports.empty()) {
        refusal.annotations["io.ocinet.publish"] = ports;
    }
    return refusal;
}

std::vector<Refusal> annotations() {
    std::vector<Refusal> all;
    for (const auto& [key, value] : Annotations{
             {"io.ocinet.netwrok", "web"}, {"io.ocinet.", ""}, {"io.ocinet.dns", "1.1.1.1"}}) {
        all.push_back({.title = key,
                       .said = "annotation " + key + ": unknown annotation",
                       .annotations = {{"io.ocinet.network", "bridge"}, {key, value}}});
    }
    all.push_back({.title = "a bad name",
                   .said = "annotation io.ocinet.name: \"a b\" is not a host's name",
                   .annotations = {{"io.ocinet.name", "a b"}}});
    for (const auto& refusal : {
             request("", "\"\" is not a network's name"),
             request("../web", "\"../web\" is not a network's name"),
             request("web/x", "is not a network's name"),
             request(".", "is not a network's name"),
             request("..", "is not a network's name"),
             request(".hidden", "is not a network's name"),
             request("a b", "is not a network's name"),
             request("web\n", "there is no /etc/ocinet/networks/web.json"), // trimmed
             request(std::string(64, 'x'), "is not a network's name"),
             request("nowhere", "no network \"nowhere\": there is no /etc/ocinet/networks/"),
             request("bridge;none", "goes with no other network"),
             request("bridge:", "unknown option \"\""),
             request("bridge:speed=fast", "unknown option \"speed\""),
             request("bridge:ip=10.90.0", "ip=10.90.0: not an IP address"),
             request("bridge:ip=010.90.0.5", "not an IP address"),
             request("bridge:ip=10.90.0.5/16", "not an IP address"),
             request("bridge:ip=10.91.0.5",
                     "ip=10.91.0.5: not in the network's subnet 10.90.0.0/16"),
             request("bridge:ip=10.90.0.0", "the network's own or broadcast address"),
             request("bridge:ip=10.90.255.255", "the network's own or broadcast address"),
             request("bridge:ip=10.90.0.1", "the gateway's address"),
             request("bridge:ip=10.90.0.5,ip=10.90.0.6",
                     "ip=10.90.0.6: a second address of 10.90.0.0/16"),
             request("bridge:ip=fd00::5", "not in the network's subnet 10.90.0.0/16"),
             request("bridge:mac=01:00:5e:00:00:01", "not the address of one interface"),
             request("bridge:mac=ff:ff:ff:ff:ff:ff", "not the address of one interface"),
             request("bridge:mac=00:00:00:00:00:00", "not the address of one interface"),
             request("bridge:mac=02:00:00:00:00", "not a MAC address"),
             request("bridge:mac=02:00:00:00:00:0g", "not a MAC address"),
             request("bridge:interface_name=abcdefghijklmnop", "not an interface's name"),
             request("bridge:interface_name=a/b", "not an interface's name"),
             request("bridge:interface_name=a:b", "not an interface's name"),
             request("bridge:interface_name=a b", "not an interface's name"),
             request("bridge:interface_name=..", "not an interface's name"),
             request("bridge:interface_name=-x", "not an interface's name"),
             request("bridge:interface_name=", "not an interface's name"),
             request("bridge:interface_name=lo", "not an interface's name"),
             request("none:ip=10.90.0.5", "ip= means nothing here"),
             request("none:interface_name=eth1", "interface_name= means nothing here"),
         }) {
        all.push_back(refusal);
    }
    return all;
}

std::vector<Refusal> ports() {
    return {
        publish("", "published port \"\""),
        publish("x", "not a port between 1 and 65535"),
        publish("8080:0", "not a port between 1 and 65535"),
        publish("8080:65536", "not a port between 1 and 65535"),
        publish("65536:80", "not a port between 1 and 65535"),
        publish("-1:80", "not a port between 1 and 65535"),
        publish("+1:80", "not a port between 1 and 65535"),
        publish("0x50:80", "not a port between 1 and 65535"),
        publish("99999999999999999999:80", "not a port between 1 and 65535"),
        publish("65530-65540:1-11", "not a port between 1 and 65535"),
        publish("9010-9000:9010-9000", "runs backwards"),
        publish("9000-9010:9000-9009", "published port \"9000-9010:9000-9009\""),
        publish("8080:80/icmp", "icmp"),
        publish("8080:80/TCPX", "published port"),
        publish("a.b:8080:80", "published port"),
        publish("1.2.3:8080:80", "published port"),
        publish("[::1]:8080:80", "route_localnet"),
        publish("[::]:8080:80", "the container has no IPv6 address"),
        publish("224.0.0.1:8080:80", "published port"),
        publish("8080:80,8080:81", "claims a host port that 8080:80/tcp has already"),
        publish("8080:80,127.0.0.1:8080:81", "claims a host port"),
        publish("9000-9010:9000-9010,9005:80", "claims a host port"),
        publish("8080:80,", "published port \"\""),
        {.title = "none, published",
         .said = "ports cannot be published",
         .annotations = {{"io.ocinet.network", "none"}, {"io.ocinet.publish", "8080:80"}}},
    };
}

std::string with_subnet(const std::string& subnet, const std::string& more = "") {
    return R"({"subnets":[{"subnet":")" + subnet + "\"" + more + "}]}";
}

std::vector<Refusal> network_files() {
    const std::string path = "/etc/ocinet/networks/web.json";
    return {
        file("", path + " is not valid JSON"),
        file("{", path + " is not valid JSON"),
        file("[]", path + " is not a JSON object"),
        file(R"({"subnets":[],"x":")" + std::string(1 << 20, 'x') + "\"}", "larger than"),
        file("{}", "it has no subnet"),
        file(R"({"driver":"wormhole"})", "there is no driver \"wormhole\""),
        file(R"({"nmae":"web"})", path + ": nmae: unknown key"),
        file(R"({"name":"other"})", path + ": name: \"other\" is not the file's name"),
        file(with_subnet("10.1.0.0"), "is not a prefix"),
        file(with_subnet("10.1.0.0/33"), "is not a prefix"),
        file(with_subnet("10.1.0.5/24"), "\"10.1.0.5/24\" has host bits set"),
        file(with_subnet("10.1.0.0/31"), "must be between /8 and /30"),
        file(with_subnet("0.0.0.0/0"), "must be between /8 and /30"),
        file(with_subnet("127.0.0.0/8"), "is not a subnet for hosts"),
        file(with_subnet("224.0.0.0/24"), "is not a subnet for hosts"),
        file(with_subnet("fe80::/64"), "is not a subnet for hosts"),
        file(with_subnet("10.1.0.0/24", R"(,"gateway":"10.2.0.1")"),
             "not a host's address in 10.1.0.0/24"),
        file(with_subnet("10.1.0.0/24", R"(,"gateway":"10.1.0.0")"), "not a host's address in"),
        file(with_subnet("10.1.0.0/24",
                         R"(,"lease_range":{"start_ip":"10.1.0.9","end_ip":"10.1.0.8"})"),
             "lease_range: ends before it starts"),
        file(with_subnet("10.1.0.0/24", R"(,"lease_range":{"start_ip":"10.2.0.9"})"),
             "not a host's address in"),
        file(R"({"subnets":[{"subnet":"10.1.0.0/24"},{"subnet":"10.1.0.128/25"}]})",
             "10.1.0.0/24 and 10.1.0.128/25 overlap"),
        file(R"({"subnets":[{"subnet":"10.1.0.0/24"}],"network_interface":"abcdefghijklmnop"})",
             "network_interface: \"abcdefghijklmnop\" is not an interface's name"),
        file(R"({"subnets":[{"subnet":"10.1.0.0/24"}],"network_interface":"a/b"})",
             "is not an interface's name"),
        file(R"({"subnets":[{"subnet":"10.1.0.0/24"}],"options":{"mtu":"67"}})",
             "not between 68 and 65535"),
        file(R"({"subnets":[{"subnet":"10.1.0.0/24"}],"options":{"mtu":"65536"}})",
             "not between 68 and 65535"),
        file(R"({"subnets":[{"subnet":"10.1.0.0/24"}],"options":{"vlan":"4095"}})",
             "options: vlan: \"4095\" is not between 1 and 4094"),
        file(
            R"({"subnets":[{"subnet":"10.1.0.0/24"}],"routes":[{"destination":"10.9.0.0/24","gateway":"10.2.0.1"}]})",
            "gateway 10.2.0.1 outside the network's subnets"),
        file(R"({"subnets":[{"subnet":"10.1.0.0/24"}],"internal":true})",
             "the network is internal: no port of it can be published", "web", "8080:80"),
        file(R"({"subnets":[{"subnet":"10.1.0.0/24"}]})", "not in the network's subnet 10.1.0.0/24",
             "web:ip=10.90.0.5"),
    };
}

} // namespace

TEST_CASE("a malformed annotation is refused") {
    check_refusals(sampled(annotations(), 5));
}

TEST_CASE("a malformed published port is refused") {
    check_refusals(sampled(ports(), 5));
}

TEST_CASE("a malformed network file is refused") {
    check_refusals(sampled(network_files(), 5));
}

// As a runtime does with the list createContainer.
TEST_CASE("a hook that is started in the container's namespaces changes nothing") {
    const Host host;
    const Container box(host, {{"io.ocinet.publish", "8080:80"}});
    const Result result =
        host.run("exec nsenter --net=/proc/" + std::to_string(box.pid()) +
                     "/ns/net unshare --pid --fork " + hook_program() + " createRuntime",
                 box.state("createRuntime").dump());
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("inside the container's namespaces") &&
                               contains("hint: list it under createRuntime"));
    CHECK(leftovers(host) == nothing_left);
    CHECK(box.sh("ls /sys/class/net") == host.sh("unshare -n ls /sys/class/net"));
}

} // namespace ocinet::test
