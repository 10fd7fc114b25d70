// SPDX-License-Identifier: GPL-2.0-or-later
// Networks that plugins of the Container Network Interface make: those of the distribution.
#include <nlohmann/json.hpp>

#include "netsetup/base/text.h"
#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

// Its files would be the machine's.
json host_local() {
    return {{"type", "host-local"},
            {"dataDir", "/run/cni"},
            {"ranges", {{{{"subnet", "10.7.0.0/24"}}}}},
            {"routes", {{{"dst", "0.0.0.0/0"}}}}};
}

json network(const json& plugins, const std::string& version = "1.0.0") {
    return {{"driver", "cni"},
            {"conflist", {{"cniVersion", version}, {"name", "pods"}, {"plugins", plugins}}}};
}

json ptp(const json& ipam = host_local()) {
    return {{"type", "ptp"}, {"ipam", ipam}, {"capabilities", {{"ips", true}}}};
}

json attachment(const Container& box) {
    return box.attach().at("attachments").at(0);
}

/// A host with the network "web", which can be reached from another one.
struct Scene {
    explicit Scene(const json& file) {
        host.connect(outside, "lan0", "192.0.2.1/24", "192.0.2.2/24");
        host.write_network("web", file);
        host.sh("echo 1 >/proc/sys/net/ipv4/ip_forward"); // as the plugin ptp does, for good
    }

    Container container(const std::string& more = "", const std::string& publish = "") const {
        Annotations annotations{{"io.ocinet.network", "web" + more}};
        if (!publish.empty()) {
            annotations["io.ocinet.publish"] = publish;
        }
        return Container(host, annotations);
    }

    Host host;
    Host outside;
};

} // namespace

TEST_CASE("cni: a chain of plugins makes a container's interface, and takes it away") {
    const Scene scene(network(json::array({ptp()})));
    const auto before = scene.host.snapshot();
    const Container box = scene.container();
    const json attached = attachment(box);
    CHECK(attached["driver"] == "cni");
    CHECK(attached["interface"] == "eth0");
    CHECK(attached["addresses"] == json{"10.7.0.2/24"});
    CHECK(attached["gateways"] == json{"10.7.0.1"});
    CHECK(link(box, "eth0")["address"] == attached["mac"]);
    CHECK(box.run("busybox ping -c1 -W1 10.7.0.1").status == 0);
    CHECK(scene.host.run(cli_program() + " check").status == 0);
    box.detach();
    CHECK(difference(before, scene.host.snapshot()) == no_difference);
    CHECK(leftovers(scene.host).empty());
    CHECK(scene.host.run("ls /run/cni/pods | grep -v last_reserved | grep -v lock").out.empty());
}

TEST_CASE("cni: a published port is reached by the plugin portmap, and is nobody else's") {
    const Scene scene(network(
        {ptp(),
         {{"type", "portmap"}, {"capabilities", {{"portMappings", true}}}, {"snat", true}}}));
    const Container box = scene.container(":ip=10.7.0.9", "8080:80");
    const json attached = attachment(box);
    CHECK(attached["ports"] == json{"80/tcp -> 0.0.0.0:8080", "80/tcp -> [::]:8080"});
    const auto server = box.start("while :; do busybox nc -l -p 80 -e busybox echo hello; done");
    CHECK(eventually(
        [&] { return scene.outside.run("busybox nc -w1 192.0.2.1 8080").out == "hello\n"; }));
    const Container other(scene.host, {{"io.ocinet.publish", "8080:80"}});
    CHECK_THAT(other.hook("createRuntime").err, contains("port 8080"));
    box.detach();
    CHECK(scene.host.run("iptables-save -t nat | grep 8080").out.empty());
    CHECK(leftovers(scene.host).empty());
}

TEST_CASE("cni: what a plugin says when it fails is said, and what it did is undone") {
    json full = host_local();
    full["ranges"] = {{{{"subnet", "10.7.0.0/30"}}}};
    const Scene scene(network(json::array({ptp(full)})));
    const Container first = scene.container();
    first.attach();
    const auto before = scene.host.snapshot();
    const Container second = scene.container();
    const Result refused = second.hook("createRuntime");
    CHECK(refused.status == 1);
    CHECK_THAT(refused.err, contains("plugin ptp, ADD: "));
    CHECK_THAT(refused.err, contains("no IP addresses available in range set"));
    CHECK(difference(before, scene.host.snapshot()) == no_difference);
    first.detach();
    second.attach();
}

TEST_CASE("cni: a container that has ended is taken away without its namespace") {
    const Scene scene(network(json::array({ptp()})));
    const auto before = scene.host.snapshot();
    Container box = scene.container();
    box.attach();
    box.kill();
    CHECK(scene.host.run(cli_program() + " gc").status == 0);
    CHECK(leftovers(scene.host).empty());
    // With the namespace the kernel removes the link, in its own time.
    CHECK(eventually([&] { return difference(before, scene.host.snapshot()) == no_difference; }));
    CHECK(scene.host.run("ls /run/cni/pods | grep -v last_reserved | grep -v lock").out.empty());
}

TEST_CASE("cni: beside a network of ours") {
    const Scene scene(network(json::array({ptp()})));
    const Container box(scene.host,
                        {{"io.ocinet.network", "bridge;web"}, {"io.ocinet.publish", "8080:80"}});
    const json attached = box.attach().at("attachments");
    CHECK(attached[0]["interface"] == "eth0");
    CHECK(attached[1]["interface"] == "eth1");
    CHECK(attached[1]["addresses"] == json{"10.7.0.2/24"});
    box.detach();
    CHECK(leftovers(scene.host).empty());
}

TEST_CASE("cni: containers in one namespace share what plugins made") {
    const Scene scene(network(json::array({ptp()})));
    scene.host.sh("ip netns add own");
    Container first = scene.container(":ip=10.7.0.9");
    Container second = scene.container(":ip=10.7.0.9");
    first.use_netns("/run/netns/own");
    second.use_netns("/run/netns/own");
    first.attach();
    CHECK(attachment(second)["addresses"] == json{"10.7.0.9/24"});
    first.detach();
    CHECK(scene.host.run("ip -n own link show eth0").status == 0);
    second.detach();
    CHECK(scene.host.run("ip -n own link show eth0").status != 0);
    CHECK(leftovers(scene.host).empty());
}

TEST_CASE("cni: an interface that the container has already is nobody's to take away") {
    const Scene scene(network(json::array({ptp()})));
    const Container box = scene.container();
    box.sh("ip link add eth0 type bridge");
    CHECK_THAT(refusal(scene.host, box), contains("the container has an interface eth0 already"));
    CHECK(box.run("ip link show eth0").status == 0);
}

TEST_CASE("cni: check tells what a plugin finds") {
    const Scene scene(network(json::array({ptp()})));
    const Container box = scene.container();
    box.attach();
    box.sh("ip address flush dev eth0");
    const Result found = scene.host.run(cli_program() + " check");
    CHECK(found.status != 0);
    CHECK_THAT(found.out, contains("plugin ptp, CHECK: "));
}

} // namespace ocinet::test
