// SPDX-License-Identifier: GPL-2.0-or-later
// Somebody flushed the ruleset: the next set-up gives all containers their firewall back.
#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

constexpr const char* list_table = "nft list table inet ocinet";

/// Containers on three networks, one of which does not need what the policy gives.
class Populated {
public:
    Populated() {
        host.connect(outside, "lan0", "192.0.2.1/24", "192.0.2.2/24");
        host.write_network("web", {{"subnets", {{{"subnet", "10.91.1.0/24"}}}}});
        host.write_network("inner",
                           {{"subnets", {{{"subnet", "10.91.2.0/24"}}}}, {"internal", true}});
        first.attach();
        second.attach();
        third.attach();
    }

    Host host;
    Host outside;
    Container first{host, published};
    Container second{host,
                     {{"io.ocinet.network", "web"}, {"io.ocinet.publish", "192.0.2.1:81:81"}}};
    Container third{host, {{"io.ocinet.network", "inner"}}};
};

} // namespace

TEST_CASE("a set-up that finds the table missing restores what all containers had in it") {
    const Populated scene;
    const std::string damage = GENERATE(
        "nft flush ruleset", "nft delete table inet ocinet",
        "nft delete table inet ocinet; nft add table inet ocinet '{ comment \"policy 0\"; }'");
    CAPTURE(damage);
    const auto before = scene.host.snapshot();
    scene.host.sh(damage);
    const Container next(scene.host, {{"io.ocinet.network", "inner"}});
    next.attach();
    for (const Container* container : {&scene.first, &scene.second, &scene.third, &next}) {
        CHECK(differences(scene.host, *container).empty());
    }
    next.detach();
    CHECK(difference(before["nft"], scene.host.snapshot()["nft"]) == no_difference);
    for (const Container* container : {&scene.first, &scene.second, &scene.third}) {
        container->detach();
    }
    CHECK(leftovers(scene.host) == nothing_left);
}

TEST_CASE("what is being removed, or cannot be understood, is not restored") {
    const Populated scene;
    json removing = record(scene.host, scene.first.id());
    removing["phase"] = "removing";
    scene.host.write("/run/ocinet/containers/" + scene.first.id() + ".json", removing.dump());
    json newer = record(scene.host, scene.second.id());
    newer["version"] = 1000;
    scene.host.write("/run/ocinet/containers/" + scene.second.id() + ".json", newer.dump());
    scene.host.sh("nft flush ruleset");
    const Container next(scene.host, {{"io.ocinet.network", "inner"}});
    const Result result = next.hook("createRuntime");
    CHECK(result.status == 0);
    CHECK_THAT(result.err, contains("warning") && contains(scene.second.id()) &&
                               contains("its elements stay missing"));
    const std::string table = scene.host.sh(list_table);
    CHECK_THAT(table, !contains(". 80") && !contains(". 81") && contains("internals"));
    CHECK(differences(scene.host, scene.third).empty());
}

TEST_CASE("a network gets its elements back although they could not be restored") {
    const Populated scene;
    json newer = record(scene.host, scene.second.id());
    newer["version"] = 1000;
    scene.host.write("/run/ocinet/containers/" + scene.second.id() + ".json", newer.dump());
    scene.host.sh("nft flush ruleset");
    // Loads the policy, without what the network "web" had in it.
    const Container other(scene.host, {{"io.ocinet.network", "bridge"}});
    CHECK(other.hook("createRuntime").status == 0);
    const Container next(scene.host, {{"io.ocinet.network", "web"}});
    CHECK(next.hook("createRuntime").status == 0);
    CHECK(differences(scene.host, next).empty());
}

TEST_CASE("the guard of a host with thousands of interfaces is restored") {
    const Host host;
    const Container box(host, published);
    box.attach();
    std::string mark = box.id();
    for (int i = 1000; i < 5000; ++i) {
        mark += "\nguarded4 interface" + std::to_string(i);
    }
    host.write("/run/ocinet/forwarding4", mark);
    host.sh("nft flush ruleset");
    host.sh(cli_program() + " reload");
    CHECK_THAT(host.sh("nft list set inet ocinet guarded4"), contains("\"interface4999\""));
}

TEST_CASE("`ocinet plan` shows what would be restored") {
    const Populated scene;
    const std::string plan = cli_program() + " plan --network inner";
    CHECK_THAT(scene.host.sh(plan), !contains("add element inet ocinet any4"));
    scene.host.sh("nft flush ruleset");
    CHECK_THAT(scene.host.sh(plan),
               contains("nft add element inet ocinet any4 '{ tcp . 8080 ") &&
                   contains("nft add element inet ocinet guarded4 '{ \"lan0\" }'"));
}

} // namespace ocinet::test
