// SPDX-License-Identifier: GPL-2.0-or-later
// Networks that plugins of netavark's make, by one that is a script: the distribution has none.
#include <nlohmann/json.hpp>

#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

// A bridge with the address that it is told, in the namespace that it is told.
constexpr const char* script = R"sh(#!/bin/sh
cat >/run/told.$1.json
address=$(sed 's/.*"static_ips":\["\([^"]*\)".*/\1/' /run/told.$1.json)
case $1 in
setup)
    [ ! -e /run/refuse ] || { echo '{"error": "there is no device left"}'; exit 1; }
    nsenter --net="$2" ip link add eth0 type bridge || exit
    nsenter --net="$2" ip address add $address/24 dev eth0 || exit
    echo '{"dns_server_ips": [], "interfaces": {"eth0": {"mac_address": "02:00:00:00:00:99",' \
         "\"subnets\": [{\"gateway\": \"10.7.0.1\", \"ipnet\": \"$address/24\"}]}}}";;
teardown)
    [ -z "$2" ] || nsenter --net="$2" ip link del eth0 2>/dev/null || :;;
esac
)sh";

struct Scene {
    Scene() {
        host.write("/run/plugins/dummy", script);
        host.sh("chmod +x /run/plugins/dummy; "
                "mount -t tmpfs tmpfs /usr/local; mkdir -p /usr/local/libexec; "
                "ln -s /run/plugins /usr/local/libexec/netavark");
        host.write_network("web", {{"driver", "netavark-plugin"},
                                   {"plugin", "dummy"},
                                   {"subnets", {{{"subnet", "10.7.0.0/24"}}}}});
    }

    json told(const std::string& command) const {
        return json::parse(host.read("/run/told." + command + ".json"));
    }

    Host host;
    Container box{host, {{"io.ocinet.network", "web:ip=10.7.0.7"}}};
};

} // namespace

TEST_CASE("netavark plugin: it makes a container's interface, and takes it away") {
    const Scene scene;
    const json attached = only_attachment(scene.box.attach());
    CHECK(attached["addresses"] == json{"10.7.0.7/24"});
    CHECK(attached["gateways"] == json{"10.7.0.1"});
    CHECK(attached["mac"] == "02:00:00:00:00:99");
    CHECK(addresses(link(scene.box, "eth0")) == std::vector<std::string>{"10.7.0.7/24"});
    CHECK(scene.told("setup")["container_id"] == scene.box.id());
    CHECK(scene.host.run(cli_program() + " check").status == 0);
    const Container other(scene.host, {{"io.ocinet.network", "web:ip=10.7.0.7"}});
    CHECK_THAT(refusal(scene.host, other), contains("10.7.0.7 is taken"));
    scene.box.detach();
    CHECK(scene.told("teardown") == scene.told("setup"));
    CHECK(leftovers(scene.host).empty());
}

TEST_CASE("netavark plugin: what it says when it fails is said, and it is called to take it back") {
    const Scene scene;
    scene.host.sh(": >/run/refuse");
    CHECK_THAT(scene.box.hook("createRuntime").err,
               contains("plugin dummy, setup: there is no device left"));
    CHECK(scene.told("teardown")["container_id"] == scene.box.id());
    CHECK(leftovers(scene.host).empty());
}

TEST_CASE("netavark plugin: it is told of a container whose namespace is gone") {
    Scene scene;
    scene.box.attach();
    scene.box.kill();
    CHECK(scene.host.run(cli_program() + " gc").status == 0);
    CHECK(scene.told("teardown")["container_id"] == scene.box.id());
    CHECK(leftovers(scene.host).empty());
}

} // namespace ocinet::test
