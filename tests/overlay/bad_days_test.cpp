// SPDX-License-Identifier: GPL-2.0-or-later
// What goes wrong around ocinet-overlay, and how it is called.
#include "tests/overlay/two_hosts.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

// Longer than etcd would wait for a host of which it hears nothing.
bool stays(const Etcd& etcd) {
    return !eventually([&] { return etcd.keys("hosts/h1/self").empty(); }, 4s);
}

} // namespace

TEST_CASE("etcd: a second host of the same name does nothing, and says so") {
    SKIP_IF_MISSING(missing_for_etcd());
    Two hosts;
    const auto before = hosts.etcd.value("hosts/h1/self");
    hosts.two.end();
    hosts.two.host.write("/etc/ocinet/ocinet.json", R"({"host_name": "h1"})");
    hosts.two.start();
    CHECK(hosts.two.says("hosts/h1/self: another host is called so, at 192.0.2.1"));
    CHECK(hosts.etcd.value("hosts/h1/self") == before);
}

TEST_CASE("etcd: who does not answer is named, until somebody does") {
    SKIP_IF_MISSING(missing_for_etcd());
    const Underlay net(1);
    Etcd etcd(net);
    etcd.stop();
    OverlayHost one(net, etcd, 1);
    one.host.write_network("blue", blue);
    one.start();
    CHECK(one.says("no etcd answers: http://192.0.2.100:2379: "));
    etcd.start();
    CHECK(one.knows("blue"));
}

TEST_CASE("etcd: a wrong password and a wrong certificate are named") {
    SKIP_IF_MISSING(missing_for_etcd());
    const Underlay net(2);
    const Etcd etcd(net, {.secured = true});
    OverlayHost one(net, etcd, 1);
    one.host.write_network("blue", blue);
    json access = etcd.access(1);
    SECTION("password") {
        access["password_file"] = etcd.file("password2");
        one.write_config(access);
        one.start();
        CHECK(one.says("authentication failed, invalid user ID or password"));
    }
    SECTION("an authority that did not sign etcd's") {
        access["ca"] = etcd.file("other.pem");
        one.write_config(access);
        one.start();
        CHECK(one.says("no etcd answers: https://192.0.2.100:2379: server certificate "
                       "verification failed"));
    }
    SECTION("none of its own") {
        access.erase("certificate");
        access.erase("key");
        one.write_config(access);
        one.start();
        CHECK(one.says("no etcd answers: https://192.0.2.100:2379: "));
    }
    CHECK(one.host.run("test -e /var/lib/ocinet/overlay/blue.json").status != 0);
}

TEST_CASE("etcd: a clock that jumps changes nothing") {
    SKIP_IF_MISSING(missing_for_etcd());
    Two hosts;
    hosts.one.end();
    hosts.one.host.sh("ls /usr/lib/*/faketime/libfaketime.so.1"); // else no clock would jump
    hosts.one.host.write("/etc/ocinet/clock", "+0");
    hosts.one.start("env LD_PRELOAD=$(echo /usr/lib/*/faketime/libfaketime.so.1) "
                    "FAKETIME_TIMESTAMP_FILE=/etc/ocinet/clock FAKETIME_NO_CACHE=1 "
                    "DONT_FAKE_MONOTONIC=1 ");
    const Container here = hosts.net.container(1, "blue");
    here.attach();
    const auto goes_on = [&] {
        const Container there = hosts.net.container(2, "blue");
        there.attach();
        CHECK(comes_to_reach(here, address_of(there)));
        CHECK(comes_to_reach(there, address_of(here)));
        CHECK(stays(hosts.etcd));
        there.detach();
    };
    goes_on();
    const std::string first = hosts.etcd.value("hosts/h1/self");
    for (const char* jump : {"+400d", "-400d", "+0"}) {
        CAPTURE(jump);
        hosts.one.host.write("/etc/ocinet/clock", jump);
        goes_on();
    }
    CHECK(hosts.etcd.value("hosts/h1/self") == first);
    CHECK(hosts.one.log().find("no etcd answers") == std::string::npos);
}

TEST_CASE("etcd: an address of overlay.json that the host has not is named") {
    SKIP_IF_MISSING(missing_for_etcd());
    const Underlay net(1);
    const Etcd etcd(net);
    OverlayHost one(net, etcd, 1);
    one.host.write_network("blue", blue);
    json config = json::parse(one.host.read("/etc/ocinet/overlay.json"));
    config["address"] = "192.0.2.77";
    one.host.write("/etc/ocinet/overlay.json", config.dump());
    one.start();
    REQUIRE(one.knows("blue"));
    const Container box = net.container(1, "blue");
    const Result result = box.hook("createRuntime");
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("none of this host's interfaces has the address 192.0.2.77") &&
                               contains("overlay.json"));
    CHECK(leftovers(one.host) == nothing_left);
}

} // namespace ocinet::test
