// SPDX-License-Identifier: GPL-2.0-or-later
// What hosts tell etcd, on one that is simulated.
#include "overlay/changes.h"

#include "overlay/host_key.h"

#include <deque>

#include "tests/overlay/simulated_etcd.h"
#include "tests/support/catch.h"

namespace ocinet::overlay {

TEST_CASE("a host says that it is there, defines its network, and takes a block") {
    Store store;
    Host one("h1", 1);
    one.networks["blue"] = network("10.95.0.0/16");
    CHECK(settle(store, one) == 3);
    CHECK(store.names("hosts/") == std::vector<std::string>{"hosts/h1/self"});
    CHECK(store.names("networks/") == std::vector<std::string>{"networks/blue"});
    CHECK(store.names("vnis/").size() == 1);
    CHECK(store.names("blocks/").size() == 1);
    CHECK(store.keys.at("/ocinet/hosts/h1/self").lease == 1);
    CHECK(store.keys.at("/ocinet/networks/blue").lease == 0);
    CHECK(settle(store, one) == 0);
    const auto text = completion(one.view, one.self, "blue");
    REQUIRE(text);
    CHECK(text->is_whole);
    const auto said = json::parse(text->text);
    CHECK(said["hosts"][0]["ranges"].size() == 1);
    CHECK(said["hosts"][0]["address"] == "192.0.2.1");
}

TEST_CASE("hosts that choose at once get different blocks, and one definition") {
    Store store;
    std::deque<Host> hosts;
    for (int i = 1; i <= 8; ++i) {
        hosts.emplace_back("h" + std::to_string(i), i);
        hosts.back().networks["blue"] = network("10.95.0.0/25", 16); // as many blocks as hosts
    }
    bool goes_on = true;
    for (int round = 0; goes_on && round < 100; ++round) {
        goes_on = false;
        std::vector<json> transactions;
        for (auto& host : hosts) { // each decides on what it saw before the others' changes
            store.show(host);
            if (const auto change = next(host)) {
                transactions.push_back(change->transaction);
            }
        }
        for (const auto& transaction : transactions) {
            store.carry_out(transaction);
            goes_on = true;
        }
    }
    CHECK_FALSE(goes_on);
    CHECK(store.names("blocks/").size() == 8);
    std::set<std::string> owners;
    for (const auto& key : store.names("blocks/")) {
        owners.insert(store.keys.at("/ocinet/" + key).value); // "h1 i-h1"
    }
    CHECK(owners.size() == 8);
    CHECK(store.names("vnis/").size() == 1);
    Host late("h9", 9);
    late.networks["blue"] = LocalNetwork{.interface = "oc-blue"};
    settle(store, late);
    CHECK(late.problems.at("network \"blue\"") ==
          "no block is free in 10.95.0.0/25: other hosts have all of it");
    CHECK_FALSE(completion(late.view, late.self, "blue")->is_whole);
}

TEST_CASE("a second block is taken when half of one is not free any more") {
    Store store;
    Host one("h1", 1);
    one.networks["blue"] = network("10.95.0.0/16", 8);
    settle(store, one);
    const Prefix block = one.view.blocks_of("blue", "h1", "i-h1").front();
    for (std::uint64_t i = 0; i < 5; ++i) {
        CHECK(store.names("blocks/").size() == 1);
        add_container(one, "c" + std::to_string(i), block.address.plus(i + 1).text());
        settle(store, one);
    }
    CHECK(store.names("blocks/").size() == 2);
    one.containers.clear();
    settle(store, one);
    CHECK(store.names("blocks/").size() == 2); // addresses may be in use that nobody told of
}

TEST_CASE("containers are told of with the host's lease, and again with another one") {
    Store store;
    Host one("h1", 1);
    one.networks["blue"] = network("10.95.0.0/16");
    settle(store, one);
    for (int i = 0; i < 150; ++i) { // more than a transaction takes
        add_container(one, "c" + std::to_string(i), "10.95.0." + std::to_string(i + 2));
    }
    one.containers["elsewhere"]["x"] = {*Mac::parse("02:00:00:00:00:01"),
                                        {*IpAddress::parse("10.1.0.2")}};
    settle(store, one);
    CHECK(store.names("hosts/h1/containers/").size() == 150);
    for (const auto& key : store.names("hosts/")) {
        CHECK(store.keys.at("/ocinet/" + key).lease == 1);
    }
    one.self.lease = 2;
    settle(store, one);
    for (const auto& key : store.names("hosts/")) {
        CHECK(store.keys.at("/ocinet/" + key).lease == 2);
    }
    one.containers["blue"].erase("c7");
    CHECK(settle(store, one) == 1);
    CHECK(store.names("hosts/h1/containers/").size() == 149);
}

TEST_CASE("a host whose name another one has says nothing") {
    Store store;
    Host one("h1", 1);
    settle(store, one);
    Host other("h1", 2);
    other.self.instance = "another";
    other.networks["blue"] = network("10.95.0.0/16");
    add_container(other, "c", "10.95.0.2");
    CHECK(settle(store, other) == 0);
    CHECK_THAT(other.problems.at("/ocinet/hosts/h1/self"),
               test::contains("another host is called so, at 192.0.2.1"));
    CHECK(store.names("").size() == 1);
    // The same host with a new lease is no other.
    one.self.lease = 9;
    CHECK(settle(store, one) == 1);
    // A copy of its disk is: it waits until the first one ends.
    Host copy("h1", 3);
    copy.networks["blue"] = network("10.95.0.0/16");
    CHECK(settle(store, copy) == 0);
    CHECK_THAT(copy.problems.at("/ocinet/hosts/h1/self"),
               test::contains("it is there already, at 192.0.2.1"));
}

TEST_CASE("a host does not inherit the blocks of one that had its name") {
    Store store;
    Host one("h1", 1);
    one.networks["blue"] = network("10.95.0.0/16");
    settle(store, one);
    store.erase("hosts/h1/self"); // it is away
    Host other("h1", 2);
    other.self.instance = "another";
    other.networks["blue"] = network("10.95.0.0/16");
    settle(store, other);
    const auto blocks = store.names("blocks/");
    REQUIRE(blocks.size() == 2);
    CHECK(other.view.blocks_of("blue", "h1", "another").size() == 1);
    CHECK(other.view.blocks_of("blue", "h1", "i-h1").size() == 1);
}

TEST_CASE("after an etcd that lost everything a host takes the block in which its containers are") {
    for (int start = 0; start < 4; ++start) {
        Store store;
        Host one("h1", 1);
        one.networks["blue"] = network("10.95.0.0/26", 16);
        add_container(one, "c", "10.95.0." + std::to_string(start * 16 + 5));
        settle(store, one);
        const auto& blocks = one.view.blocks_of("blue", "h1", "i-h1");
        REQUIRE(blocks.size() == 1);
        CHECK(blocks.front().contains(
            *IpAddress::parse("10.95.0." + std::to_string(start * 16 + 5))));
    }
}

TEST_CASE("what cannot be does not keep the rest from being") {
    Store store;
    Host one("h1", 1);
    one.networks["blue"] = network("10.95.0.0/16");
    one.networks["red"] = network("10.96.0.0/16");
    store.write("networks/blue", "{}"); // which nobody understands
    store.show(one);
    std::set<std::string> stuck;
    for (int i = 0; i < 20; ++i) {
        store.show(one);
        const auto change = next_change(one.view, one.self, here(one), stuck, one.problems);
        if (!change) {
            break;
        }
        if (!store.carry_out(change->transaction)) {
            stuck.insert(change->what);
        }
    }
    CHECK(stuck == std::set<std::string>{"network \"blue\" is defined"});
    CHECK(store.names("blocks/red/").size() == 1);
}

TEST_CASE("a network that contradicts what is defined, or takes another's vni, is left alone") {
    Store store;
    Host one("h1", 1);
    one.networks["blue"] = network("10.95.0.0/16");
    one.networks["blue"].vni = 95;
    settle(store, one);
    Host two("h2", 2);
    const auto problem = [&](const LocalNetwork& local, const std::string& name = "blue") {
        two.networks = {{name, local}};
        settle(store, two);
        return two.problems.at("/ocinet/networks/" + name);
    };
    CHECK(problem(network("10.96.0.0/16")) == "this host's file has another \"subnets\"");
    LocalNetwork local = network("10.95.0.0/16");
    local.vni = 96;
    CHECK(problem(local) == "this host's file has another \"vni\"");
    CHECK(problem(network("10.95.0.0/16", 32)) == "this host's file has another \"block_size\"");
    local.vni = 95;
    local.encrypted = true;
    CHECK(problem(local) == "this host's file has another \"encrypted\"");
    local.control = oci::Overlay::Control::evpn;
    CHECK(problem(local) == "this host's file has another \"control\"");
    local = network("10.95.0.0/16");
    local.port = 4790;
    CHECK(problem(local) == "this host's file has another \"port\"");
    LocalNetwork red = network("10.96.0.0/16");
    red.vni = 95;
    CHECK(problem(red, "red") == "its vni 95 is network \"blue\"'s");
    CHECK_THAT(problem({.interface = "oc-red"}, "red"), test::contains("nobody has defined it"));
    CHECK(store.names("blocks/").size() == 1);
}

TEST_CASE("of an encrypted network a host tells its key, and its hook where tunnels lead from") {
    Store store;
    Host one("h1", 1);
    one.networks["blue"] = network("10.95.0.0/16");
    one.networks["blue"].encrypted = true;
    settle(store, one);
    CHECK_FALSE(json::parse(store.keys.at("/ocinet/hosts/h1/self").value).contains("public_key"));
    CHECK_FALSE(completion(one.view, one.self, "blue")); // no container starts in clear
    one.self.public_key.emplace().bytes.fill(0xab);
    CHECK(settle(store, one) == 1);
    const auto self = json::parse(store.keys.at("/ocinet/hosts/h1/self").value);
    CHECK(self["public_key"] == to_text(*one.self.public_key));
    CHECK(self["wireguard_port"] == 51820);
    CHECK(settle(store, one) == 0);
    const auto said = json::parse(completion(one.view, one.self, "blue").value().text);
    CHECK(said["encrypted"] == "true");
    CHECK(said["hosts"][0]["address"] == inner_address(*one.self.public_key).text());
    // Also while it has none, and when it comes back.
    one.self.public_key.reset();
    CHECK(settle(store, one) == 0);
    one.self.lease = 9;
    CHECK(settle(store, one) == 1);
    CHECK(json::parse(store.keys.at("/ocinet/hosts/h1/self").value) == self);
    // With another key it goes, and comes: one that is there has one key.
    const auto created = store.keys.at("/ocinet/hosts/h1/self").create_revision;
    one.self.public_key.emplace().bytes.fill(0xcd);
    CHECK(settle(store, one) == 2);
    CHECK(store.keys.at("/ocinet/hosts/h1/self").create_revision > created);
    CHECK(json::parse(store.keys.at("/ocinet/hosts/h1/self").value)["public_key"] ==
          to_text(*one.self.public_key));
    CHECK(one.view.problems().empty());
    // What a thief of its password shows it puts right.
    store.write("hosts/h1/self", self.dump(), one.self.lease);
    CHECK(settle(store, one) == 1);
    CHECK(json::parse(store.keys.at("/ocinet/hosts/h1/self").value)["public_key"] ==
          to_text(*one.self.public_key));
}

TEST_CASE("where routing daemons tell who is where, a host tells etcd of blocks alone") {
    Store store;
    Host one("h1", 1);
    one.networks["blue"] = network("10.95.0.0/16");
    settle(store, one);
    add_container(one, "c1", "10.95.0.70");
    settle(store, one);
    CHECK(store.names("hosts/h1/containers/").size() == 1);
    one.networks["blue"].control = oci::Overlay::Control::evpn;
    store.erase("networks/blue");
    settle(store, one);
    CHECK(store.names("hosts/h1/containers/").empty());
    CHECK(json::parse(store.keys.at("/ocinet/networks/blue").value)["control"] == "evpn");
    CHECK_FALSE(store.names("blocks/blue/").empty());
}

} // namespace ocinet::overlay
