// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses that move with a container, on an etcd that is simulated.
#include "overlay/addresses.h"

#include "tests/overlay/simulated_etcd.h"
#include "tests/support/catch.h"

namespace ocinet::overlay {

namespace {

// In the last block, which neither host has (a block follows from the host's name).
const std::string movable = "10.95.255.77";
const IpAddress wanted = *IpAddress::parse(movable);
const std::string key = "blocks/blue/" + movable + "-32";

/// Two hosts that have a block each.
struct Two {
    Two() {
        for (auto* host : {&one, &two}) {
            host->networks["blue"] = network("10.95.0.0/16");
            settle();
        }
        REQUIRE(store.names("blocks/").size() == 2);
    }

    /// Until neither has anything more to say.
    void settle() {
        while (overlay::settle(store, one) + overlay::settle(store, two) != 0) {
        }
    }
    std::optional<std::string> judge(const Host& host, const IpAddress& address = wanted) const {
        return judge_asked(
            {host.view, host.self, "blue", *host.view.definition("blue"), here(host)}, address);
    }
    bool has(const std::string& name) const { return store.keys.contains("/ocinet/" + name); }

    Store store;
    Host one{"h1", 1};
    Host two{"h2", 2};
};

std::string ranges_of(const Host& host) {
    return json::parse(completion(host.view, host.self, "blue")->text)["hosts"][0]["ranges"].dump();
}

} // namespace

TEST_CASE("an address that is asked for is the host's until nobody has it") {
    Two hosts;
    CHECK(hosts.judge(hosts.one) == std::nullopt);
    hosts.one.asked["blue"] = {wanted};
    hosts.settle();
    CHECK(hosts.store.keys.at("/ocinet/" + key).value == "h1 i-h1");
    CHECK(hosts.store.keys.at("/ocinet/" + key).lease == 0);
    CHECK(hosts.judge(hosts.one) == "");
    CHECK_THAT(ranges_of(hosts.one), !test::contains(movable)); // it is nobody's who comes
    SECTION("who asked has gone") {
        hosts.one.asked.clear();
    }
    SECTION("the container comes, and goes") {
        add_container(hosts.one, "c", movable);
        hosts.one.containers["blue"]["c"].is_attached = false; // about to come
        hosts.one.asked.clear();
        hosts.settle();
        CHECK(hosts.has(key));
        CHECK_FALSE(hosts.has("hosts/h1/containers/blue/c"));
        hosts.one.containers["blue"]["c"].is_attached = true;
        hosts.settle();
        CHECK(hosts.has(key));
        CHECK(hosts.has("hosts/h1/containers/blue/c"));
        CHECK(hosts.two.view.elsewhere("blue").size() == 1);
        hosts.one.containers["blue"]["c"].is_attached = false; // about to go
        hosts.settle();
        CHECK(hosts.has(key));
        CHECK(hosts.two.view.elsewhere("blue").empty());
        hosts.one.containers.clear();
    }
    hosts.settle();
    CHECK_FALSE(hosts.has(key));
    CHECK(hosts.judge(hosts.one) == std::nullopt);
}

TEST_CASE("an address that may be given back already is asked about before it is granted") {
    Two hosts;
    hosts.one.asked["blue"] = {wanted};
    hosts.settle();
    hosts.one.asked.clear();
    const auto given = next(hosts.one);
    REQUIRE(given);
    CHECK(given->gives_back == "/ocinet/" + key);
    hosts.one.doubted = {given->gives_back};
    hosts.one.asked["blue"] = {wanted};
    CHECK(hosts.judge(hosts.one) == std::nullopt);
    const auto question = next(hosts.one);
    REQUIRE(question);
    CHECK(question->asks_about == "/ocinet/" + key);
    SECTION("it was not given back") {
        CHECK(hosts.store.carry_out(question->transaction));
        hosts.one.doubted.clear();
        CHECK(hosts.judge(hosts.one) == "");
    }
    SECTION("it was") {
        CHECK(hosts.store.carry_out(given->transaction));
        CHECK_FALSE(hosts.store.carry_out(question->transaction));
    }
}

TEST_CASE("nothing is given back while a record cannot be read") {
    Two hosts;
    hosts.one.asked["blue"] = {wanted};
    hosts.settle();
    hosts.one.asked.clear();
    hosts.one.knows_all_containers = false;
    hosts.settle();
    CHECK(hosts.has(key));
    hosts.one.knows_all_containers = true;
    hosts.settle();
    CHECK_FALSE(hosts.has(key));
}

TEST_CASE("an address moves from one host to the other, and is never two hosts'") {
    Two hosts;
    hosts.one.asked["blue"] = {wanted};
    hosts.settle();
    add_container(hosts.one, "c", movable);
    hosts.one.asked.clear();
    hosts.two.asked["blue"] = {wanted};
    hosts.settle();
    CHECK(hosts.judge(hosts.two) == R"(a container on host "h1" has it)");
    CHECK(hosts.judge(hosts.one) == "");
    hosts.one.containers["blue"]["c"].is_attached = false; // about to go
    hosts.settle();
    CHECK(hosts.judge(hosts.two) == std::nullopt);
    hosts.one.containers.clear();
    hosts.settle();
    CHECK(hosts.store.keys.at("/ocinet/" + key).value == "h2 i-h2");
    CHECK(hosts.judge(hosts.two) == "");
    CHECK(hosts.judge(hosts.one) == std::nullopt);
    add_container(hosts.two, "c", movable);
    hosts.two.asked.clear();
    hosts.settle();
    CHECK(hosts.one.view.elsewhere("blue").size() == 1);
    CHECK(hosts.one.view.problems().empty());
    CHECK(hosts.two.view.problems().empty());
}

TEST_CASE("an address of another host's block, and one that no container may have, is refused") {
    Two hosts;
    const Prefix block = hosts.two.view.blocks_of("blue", "h2", "i-h2").front();
    const IpAddress theirs = block.address.plus(7);
    hosts.one.asked["blue"] = {theirs, *IpAddress::parse("10.95.0.1"),
                               *IpAddress::parse("10.9.0.7"), *IpAddress::parse("10.95.255.255")};
    hosts.settle();
    CHECK(hosts.store.names("blocks/").size() == 2);
    CHECK(hosts.judge(hosts.one, theirs) == "in " + block.text() + R"(, which is host "h2"'s)");
    CHECK(hosts.judge(hosts.two, theirs) == "");
    CHECK(hosts.judge(hosts.one, *IpAddress::parse("10.95.0.1")) == "no container's address");
    CHECK(hosts.judge(hosts.one, *IpAddress::parse("10.9.0.7")) == "no container's address");
}

TEST_CASE("who takes a single address out of another's block is not believed") {
    Two hosts;
    const Prefix block = hosts.two.view.blocks_of("blue", "h2", "i-h2").front();
    const std::string theirs = block.address.plus(7).text();
    hosts.store.write("blocks/blue/" + theirs + "-32", "h1 i-h1");
    hosts.store.write("hosts/h1/containers/blue/thief",
                      R"({"mac": "02:00:00:00:00:66", "addresses": [")" + theirs + R"("]})");
    hosts.store.show(hosts.two);
    CHECK(hosts.two.view.elsewhere("blue").empty());
    CHECK(hosts.two.view.problems().at("/ocinet/hosts/h1/containers/blue/thief") ==
          theirs + " lies in no block of h1");
    CHECK(hosts.two.view.problems().at("/ocinet/blocks/blue/" + theirs + "-32") ==
          "overlaps one that was taken before");
    CHECK(hosts.judge(hosts.two, *IpAddress::parse(theirs)) == "");
    // The host whose it says it is knows nothing of it, and takes it back.
    hosts.settle();
    CHECK_FALSE(hosts.has("blocks/blue/" + theirs + "-32"));
}

TEST_CASE("of a block and an address of it that are taken at once the first one holds") {
    Two hosts;
    hosts.one.asked["blue"] = {wanted};
    const auto change = next(hosts.one);
    REQUIRE(change);
    SECTION("the block") {
        hosts.store.write("blocks/blue/10.95.255.64-26", "h2 i-h2");
        hosts.store.carry_out(change->transaction);
        hosts.store.show(hosts.one);
        CHECK(hosts.judge(hosts.one) == R"(in 10.95.255.64/26, which is host "h2"'s)");
    }
    SECTION("the address") {
        hosts.store.carry_out(change->transaction);
        hosts.store.write("blocks/blue/10.95.255.64-26", "h2 i-h2");
        hosts.store.show(hosts.one);
        hosts.store.show(hosts.two);
        CHECK(hosts.judge(hosts.one) == "");
        CHECK(hosts.two.view.blocks_of("blue", "h2", "i-h2").size() == 1);
    }
}

TEST_CASE("after an etcd that lost everything an address is its container's host's again") {
    Two hosts;
    add_container(hosts.one, "c", movable);
    hosts.settle();
    CHECK(hosts.judge(hosts.one) == "");
    CHECK(hosts.two.view.elsewhere("blue").size() == 1);
}

} // namespace ocinet::overlay
