// SPDX-License-Identifier: GPL-2.0-or-later
// What a container wants and another has: a living one is named, a dead one is cleared away.
#include "tests/kernel/sample.h"
#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

struct Wanted {
    std::string title;
    Annotations request;
    // What the hook says when a living container has it.
    std::string said;
    // The container wants it, too, in these words; the same words where empty.
    Annotations again = {};
};

Annotations publishing(const std::string& ports) {
    return {{"io.ocinet.publish", ports}};
}

std::vector<Wanted> all_wanted() {
    return {
        {"a static address",
         {{"io.ocinet.network", "bridge:ip=10.90.5.5"}},
         "address 10.90.5.5 is taken by container "},
        {"a tcp port", publishing("8080:80"), "tcp port 8080 is published by container "},
        {"a udp port", publishing("53:53/udp"), "udp port 53 is published by container "},
        {"a wildcard, then an address", publishing("8080:80"), "tcp port 8080 is published",
         publishing("192.0.2.1:8080:80")},
        {"an address, then the wildcard", publishing("192.0.2.1:8080:80"),
         "tcp port 8080 is published", publishing("8080:80")},
        {"a range, then a port of it", publishing("9000-9010:9000-9010"),
         "tcp port 9005 is published by container ", publishing("9005:80")},
        {"a port, then a range with it", publishing("9005:80"),
         "tcp port 9000 and on is published by container ", publishing("9000-9010:9000-9010")},
        {"ranges that touch at one end", publishing("9000-9010:9000-9010/udp"),
         "udp port 9010 and on is published by container ", publishing("9010-9020:9010-9020/udp")},
    };
}

Annotations second_request(const Wanted& wanted) {
    return wanted.again.empty() ? wanted.request : wanted.again;
}

} // namespace

TEST_CASE("what a living container has is refused, and its owner named") {
    const Wanted wanted = GENERATE(from_range(sampled(all_wanted(), 4)));
    CAPTURE(wanted.title);
    const Host host;
    const Container owner(host, wanted.request);
    owner.attach();
    const Container box(host, second_request(wanted));
    const auto before = host.snapshot();
    const auto inside = box.snapshot();
    const Result result = box.hook("createRuntime");
    CHECK(result.status == 1);
    CHECK(result.out.empty());
    CHECK_THAT(result.err, contains("ocinet: network \"bridge\" (bridge): ") &&
                               contains(wanted.said) && contains(owner.id()));
    CHECK(difference(before, host.snapshot()) == no_difference);
    CHECK(difference(inside, box.snapshot()) == no_difference);
    CHECK(differences(host, owner).empty());
}

TEST_CASE("what a dead container has is taken from it") {
    const Wanted wanted = GENERATE(from_range(sampled(all_wanted(), 4)));
    CAPTURE(wanted.title);
    const Host host;
    Container dead(host, wanted.request);
    dead.attach();
    crash(host, dead);
    const Container box(host, second_request(wanted));
    box.attach();
    CHECK(differences(host, box).empty());
    CHECK(host.sh("ls /run/ocinet/containers") == box.id() + ".json\n");
    box.detach();
    CHECK(leftovers(host) == nothing_left);
}

// The kernel removes a dead container's link a moment after its process: who starts the same
// container again does not wait.
TEST_CASE("what a container has that died this moment is taken from it") {
    const Host host;
    int refused = 0;
    std::string said;
    for (int i = 0; i < 10; ++i) {
        Container dead(host, publishing("8080:80"));
        dead.attach();
        dead.kill();
        const Container box(host, publishing("8080:80"));
        const Result result = box.hook("createRuntime");
        refused += result.status == 0 ? 0 : 1;
        said += result.err;
        box.detach();
        host.sh(cli_program() + " gc");
    }
    INFO(said);
    CHECK(refused == 0);
}

// Damage, since records outlive what they list. It must not cost the container its own lock, which
// a debug build sees.
TEST_CASE("what the container itself holds without a record is named") {
    const Host host;
    host.sh("mkdir /run/ocinet");
    const Container box(host, publishing("8080:80"));
    host.sh("mkdir -p /run/ocinet/ports/tcp/8080 && ln -s " + box.id() +
            " /run/ocinet/ports/tcp/8080/0.0.0.0");
    const Result result = box.hook("createRuntime");
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("tcp port 8080 is published by container " + box.id()));
}

TEST_CASE("neighbours whose wishes do not meet") {
    const Host host;
    const Container first(host, publishing("192.0.2.1:8080:80,53:53/udp,9000-9010:9000-9010"));
    const Container second(host, publishing("192.0.2.2:8080:80,53:53,9011:80,8999:80"));
    first.attach();
    second.attach();
    CHECK(differences(host, first).empty());
    CHECK(differences(host, second).empty());
    first.detach();
    CHECK(differences(host, second).empty());
    second.detach();
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("the last address of a network") {
    const Host host;
    host.write_network("web", {{"subnets", {{{"subnet", "192.0.2.0/30"}}}}});
    const Annotations request = {{"io.ocinet.network", "web"}};
    Container owner(host, request);
    CHECK(only_attachment(owner.attach())["addresses"][0] == "192.0.2.2/30");
    const auto before = host.snapshot();
    const Container box(host, request);
    const Result result = box.hook("createRuntime");
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("no address is free between 192.0.2.1 and 192.0.2.2") &&
                               contains("ocinet gc"));
    CHECK(difference(before, host.snapshot()) == no_difference);
    crash(host, owner);
    CHECK(only_attachment(box.attach())["addresses"][0] == "192.0.2.2/30");
    box.detach();
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("a container is started again without poststop") {
    const Host host;
    const std::string id = unique_id();
    Container first(host, id, published);
    first.attach();
    const bool waits = GENERATE(true, false);
    CAPTURE(waits);
    waits ? crash(host, first) : first.kill();
    const Container second(host, id, published);
    second.attach();
    CHECK(differences(host, second).empty());
    CHECK(record(host, id)["process"]["pid"] == second.process());
    second.detach();
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("a set-up that was cut off is rolled back by the next one of its id") {
    const Host host;
    const std::string id = unique_id();
    {
        const Container first(host, id, published);
        first.attach();
        host.sh("sed -i s/'\"phase\":\"attached\"'/'\"phase\":\"attaching\"'/ "
                "/run/ocinet/containers/" +
                id + ".json");
    }
    const Container second(host, id, {{"io.ocinet.network", "bridge"}});
    second.attach();
    CHECK(record(host, id)["phase"] == "attached");
    CHECK(differences(host, second).empty());
    second.detach();
    CHECK(leftovers(host) == nothing_left);
}

TEST_CASE("a set-up sweeps up after others in passing") {
    const Host host;
    Container dead(host, published);
    dead.attach();
    crash(host, dead);
    const Container box(host, on_bridge); // which has no use for what the dead one held
    const Result result =
        call_hook(host, box.state("createRuntime").dump(), {.options = {"--log-level", "info"}});
    CHECK(result.status == 0);
    CHECK_THAT(result.err, contains("reclaimed container " + dead.id()));
    CHECK(host.sh("ls /run/ocinet/containers") == box.id() + ".json\n");
}

TEST_CASE("a record that cannot be read stops nobody else") {
    const std::string text = GENERATE("", "{", "[]", "{\"version\":1}", "{\"version\":99}");
    CAPTURE(text);
    const Host host;
    const Container first(host, on_bridge);
    first.attach();
    host.write("/run/ocinet/containers/other.json", text);
    const Container box(host, published);
    box.attach();
    CHECK(differences(host, box).empty());
    box.detach();
    CHECK(host.read("/run/ocinet/containers/other.json") == text);
}

TEST_CASE("a living container's half-removed attachment is finished") {
    const Host host;
    const Container box(host, published);
    box.attach();
    host.sh("sed -i s/'\"phase\":\"attached\"'/'\"phase\":\"removing\"'/ "
            "/run/ocinet/containers/" +
            box.id() + ".json");
    host.sh(cli_program() + " gc");
    CHECK(leftovers(host) == nothing_left);
    box.attach();
    CHECK(differences(host, box).empty());
}

} // namespace ocinet::test
