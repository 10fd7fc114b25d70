// SPDX-License-Identifier: GPL-2.0-or-later
// Containers that move from one host to another with their addresses, by a real etcd.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>

#include "netsetup/base/file.h"
#include "netsetup/packets.h"
#include "oci-config/overlay.h"
#include "tests/overlay/two_hosts.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

// In the last block, which neither host has.
const std::string movable = "10.95.255.77";
const std::string key = "blocks/blue/" + movable + "-32";

Container container_at(const Two& hosts, int host, const std::string& address = movable) {
    return hosts.net.container(host, "blue:ip=" + address);
}

bool is_given_back(const Two& hosts) {
    return eventually([&] { return hosts.etcd.keys(key).empty(); });
}

// What the hook says.
std::string refusal(const Two& hosts, int host, const std::string& address = movable) {
    const Container box = container_at(hosts, host, address);
    const Result result = box.hook("createRuntime");
    CHECK(result.status == 1);
    CHECK(leftovers(hosts.net.host(host)) == nothing_left);
    return result.err;
}

// As the hook does, which then goes on with the address.
Process ask_from(const Host& host) {
    return host.start([] {
        const auto overlay = packets::connect(oci::grants, 20s);
        packets::ask(*overlay, {{"network", "blue"}, {"addresses", {movable}}}, "ocinet-overlay");
        write_all(STDOUT_FILENO, "granted", "stdout");
        ::pause();
    });
}

void say_how_soon(const Container& onlooker) {
    const auto start = std::chrono::steady_clock::now();
    CHECK(comes_to_reach(onlooker, movable));
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    std::printf("etcd: a container that moved is reachable %.0f ms after its start\n",
                took.count());
}

} // namespace

TEST_CASE("etcd: a container moves to another host with its address, and back") {
    SKIP_IF_MISSING(missing_for_etcd());
    Two hosts;
    const Container near = hosts.net.container(1, "blue");
    const Container far = hosts.net.container(2, "blue");
    near.attach();
    far.attach();
    {
        const Container first = container_at(hosts, 1);
        first.attach();
        CHECK(comes_to_reach(far, movable));
        CHECK(hosts.etcd.value(key).starts_with("h1 "));
        first.detach();
    }
    {
        const Container second = container_at(hosts, 2);
        second.attach(); // it waits for what the first host gives back
        say_how_soon(near);
        CHECK(reaches(far, movable));
        CHECK(hosts.etcd.value(key).starts_with("h2 "));
        second.detach();
    }
    const Container third = container_at(hosts, 1);
    third.attach();
    CHECK(comes_to_reach(far, movable));
    CHECK(reaches(near, movable));
    third.detach();
    CHECK(is_given_back(hosts));
}

TEST_CASE("etcd: an address that another host has is refused, and nothing is left") {
    SKIP_IF_MISSING(missing_for_etcd());
    Two hosts;
    const Container first = container_at(hosts, 1);
    first.attach();
    CHECK(eventually([&] { return !hosts.etcd.keys("hosts/h1/containers/").empty(); }));
    CHECK_THAT(refusal(hosts, 2), contains(movable + R"(: a container on host "h1" has it)"));
    CHECK(hosts.etcd.value(key).starts_with("h1 "));
    const std::string theirs = hosts.one.host.sh(
        "grep -o '\"ranges\":\\[\"[^/]*' /var/lib/ocinet/overlay/blue.json | grep -o '[0-9.]*$'");
    const auto address = IpAddress::parse(theirs.substr(0, theirs.find('\n')))->plus(9);
    CHECK_THAT(refusal(hosts, 2, address.text()), contains(R"(, which is host "h1"'s)"));
    CHECK_THAT(refusal(hosts, 2, "10.95.0.1"), contains("no container's address"));
}

TEST_CASE("etcd: without etcd, or ocinet-overlay, an address of no block is not to be had") {
    SKIP_IF_MISSING(missing_for_etcd());
    Two hosts;
    SECTION("etcd is away") {
        hosts.etcd.stop();
        CHECK_THAT(refusal(hosts, 1), contains("ocinet-overlay: no etcd answers: http"));
        hosts.etcd.start();
    }
    SECTION("the program is") {
        hosts.one.kill();
        CHECK_THAT(refusal(hosts, 1),
                   contains("ocinet-overlay, which would ask etcd for it, does not run"));
        hosts.one.start();
    }
    const Container box = container_at(hosts, 1);
    CHECK(eventually([&] { return box.hook("createRuntime").status == 0; }));
    box.detach();
}

TEST_CASE("etcd: an address is given back when who asked for it was killed") {
    SKIP_IF_MISSING(missing_for_etcd());
    Two hosts;
    Process asker = ask_from(hosts.one.host);
    asker.wait_for_output("granted");
    CHECK(hosts.etcd.value(key).starts_with("h1 "));
    asker.signal(SIGKILL);
    CHECK(is_given_back(hosts));
    // Neither does it stay when the program was killed meanwhile.
    const Process other = ask_from(hosts.one.host);
    other.wait_for_output("granted");
    hosts.one.kill();
    CHECK_FALSE(hosts.etcd.keys(key).empty());
    hosts.one.start();
    CHECK(is_given_back(hosts));
}

} // namespace ocinet::test
