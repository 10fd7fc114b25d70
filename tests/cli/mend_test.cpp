// SPDX-License-Identifier: GPL-2.0-or-later
// `ocinet reload` and `ocinet gc`.
#include "tests/cli/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

const Annotations publishing = {{"io.ocinet.publish", "8080:80"}};

} // namespace

TEST_CASE("reload gives all containers their firewall back") {
    const Host host;
    host.sh("ip link add name out0 type bridge");
    host.write_network(
        "lone", {{"subnets", {{{"subnet", "10.91.1.0/24"}}}}, {"options", {{"icc", "false"}}}});
    const Container first(host, publishing);
    const Container second(host, {{"io.ocinet.network", "lone"}});
    first.attach();
    second.attach();
    const json before = host.snapshot();
    const std::string damage = GENERATE("nft flush ruleset", "nft delete table bridge ocinet",
                                        "nft flush map inet ocinet any4", "true");
    CAPTURE(damage);
    host.sh(damage);
    const Result result = ocinet(host, "reload");
    CHECK(result.status == 0);
    CHECK_THAT(result.out, contains("the policy is loaded, with "));
    CHECK(difference(before, host.snapshot()) == no_difference);
    CHECK(ocinet(host, "check").status == 0);
}

TEST_CASE("reload leaves other tables alone") {
    const Host host;
    const Container box(host, publishing);
    box.attach();
    host.sh("nft add table inet mine && nft delete table inet ocinet");
    CHECK(ocinet_json(host, "reload --json")["elements"] > 3);
    CHECK(host.run("nft list table inet mine").status == 0);
    CHECK_THAT(host.sh("nft list map inet ocinet any4"), contains("tcp . 8080"));
}

TEST_CASE("reload loads nothing where no container needs it") {
    const Host host;
    const Container box(host, {{"io.ocinet.network", "none"}});
    box.attach();
    CHECK(ocinet(host, "reload").out == "nothing to reload: no container needs the policy\n");
    CHECK(ocinet_json(host, "reload --json") == json{{"elements", 0}});
    CHECK(host.sh("nft list ruleset").empty());
}

TEST_CASE("reload waits for who is changing the firewall") {
    const Host host;
    const Container box(host, publishing);
    box.attach();
    host.sh("nft flush ruleset");
    Process lock = hold_lock(host, "host");
    Process reload = host.start("exec " + cli_program() + " reload");
    wait_until_it_waits_for_a_lock(reload);
    CHECK(host.sh("nft list ruleset").empty());
    lock.signal(9);
    CHECK(reload.wait().status == 0);
    CHECK(ocinet(host, "check").status == 0);
}

TEST_CASE("gc says what it would do, does it, and then has nothing to do") {
    const Host host;
    CHECK(ocinet(host, "gc").out == "nothing to remove\n");
    Container box(host, "dead-1", publishing);
    const Container alive(host, "alive-1", {{"io.ocinet.network", "bridge"}});
    box.attach();
    alive.attach();
    const std::string pid = std::to_string(box.process());
    box.kill();
    const std::string why = "dead-1: its process " + pid + " is gone: ";
    CHECK(ocinet(host, "gc --dry-run").out == why + "would be removed\n");
    CHECK(ocinet_json(host, "gc -n --json") == json{{{"id", "dead-1"},
                                                     {"reason", "its process " + pid + " is gone"},
                                                     {"removed", false},
                                                     {"failures", json::array()}}});
    CHECK(host.sh("ls /run/ocinet/containers") == "alive-1.json\ndead-1.json\n");
    CHECK(ocinet(host, "gc").out == why + "removed\n");
    CHECK(host.sh("ls /run/ocinet/containers") == "alive-1.json\n");
    CHECK(ocinet(host, "gc").out == "nothing to remove\n");
    CHECK(ocinet_json(host, "gc --json") == json::array());
}

} // namespace ocinet::test
