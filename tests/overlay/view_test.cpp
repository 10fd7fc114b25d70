// SPDX-License-Identifier: GPL-2.0-or-later
// What of etcd's keys is believed.
#include "overlay/view.h"

#include "overlay/changes.h"
#include "overlay/host_key.h"
#include "tests/base/random.h"
#include "tests/support/catch.h"

namespace ocinet::overlay {

namespace {

using nlohmann::json;

IpAddress ip(const std::string& text) {
    return *IpAddress::parse(text);
}

Prefix prefix(const std::string& text) {
    return *Prefix::parse(text);
}

wireguard::Key host_key(std::uint8_t number) {
    wireguard::Key key;
    key.bytes.fill(number);
    return key;
}

std::string definition_text(std::uint64_t block_size = 64, bool encrypted = false) {
    Definition definition{.subnets = {oci::subnet_of(prefix("10.95.0.0/16"))}};
    definition.vni = 95;
    definition.block_size = block_size;
    definition.encrypted = encrypted;
    return to_text(definition);
}

/// An etcd that only has keys, and who looks at it.
struct Store {
    Store() : view({"/ocinet", "h1", ip("192.0.2.1")}) {}

    void put(const std::string& key, const std::string& value, std::int64_t lease = 0) {
        ++revision;
        auto& created_at = created[key];
        created_at = created_at == 0 ? revision : created_at;
        view.put({"/ocinet/" + key, value, created_at, revision, lease});
    }
    void erase(const std::string& key) {
        ++revision;
        created.erase(key);
        view.gone("/ocinet/" + key);
    }
    void put_host(const std::string& name, const std::string& address, std::int64_t lease = 7) {
        put("hosts/" + name + "/self", json{{"instance", "i-" + name}, {"address", address}}.dump(),
            lease);
    }
    void put_host_with_key(const std::string& name, const std::string& address,
                           const std::string& key, int port = 51820) {
        put("hosts/" + name + "/self",
            json{{"instance", "i-" + name},
                 {"address", address},
                 {"public_key", key},
                 {"wireguard_port", port}}
                .dump(),
            7);
    }
    void put_container(const std::string& host, const std::string& id, const std::string& mac,
                       const std::string& address) {
        put("hosts/" + host + "/containers/blue/" + id,
            json{{"mac", mac}, {"addresses", json::array({address})}}.dump(), 7);
    }
    std::string problem(const std::string& key) const {
        const auto problems = view.problems();
        const auto found = problems.find("/ocinet/" + key);
        return found == problems.end() ? "" : found->second;
    }
    std::vector<endpoints::Endpoint> elsewhere() const {
        std::vector<endpoints::Endpoint> all;
        for (const auto& [whose, endpoint] : view.elsewhere("blue")) {
            all.push_back(endpoint);
        }
        return all;
    }

    View view;
    std::int64_t revision = 0;
    std::map<std::string, std::int64_t> created;
};

/// The network "blue", h1 and h2, each with a block.
Store two_hosts() {
    Store store;
    store.put("networks/blue", definition_text());
    store.put_host("h1", "192.0.2.1");
    store.put_host("h2", "192.0.2.2");
    store.put("blocks/blue/10.95.0.64-26", "h1 i-h1");
    store.put("blocks/blue/10.95.0.128-26", "h2 i-h2");
    return store;
}

} // namespace

TEST_CASE("keys are read as they are written") {
    const Key keys[] = {
        {.kind = Key::Kind::network, .network = "blue"},
        {.kind = Key::Kind::vni, .vni = 16777215},
        {.kind = Key::Kind::block, .network = "blue", .block = prefix("10.95.0.64/26")},
        {.kind = Key::Kind::block, .network = "blue", .block = prefix("fd95::40/122")},
        {.kind = Key::Kind::host, .host = "alpha.example"},
        {.kind = Key::Kind::container, .network = "blue", .host = "alpha", .container = "c_1"},
    };
    for (const auto& key : keys) {
        const std::string text = to_text("/ocinet", key);
        const auto read = parse_key("/ocinet", text);
        CAPTURE(text);
        REQUIRE(read);
        CHECK(to_text("/ocinet", *read) == text);
        CHECK(read->kind == key.kind);
    }
    for (const char* text : {"/ocinet",
                             "/ocinet/",
                             "/ocinet/networks",
                             "/ocinet/networks/",
                             "/ocinet/networks/../x",
                             "/ocinet/networks/a/b",
                             "/ocinet/vnis/0",
                             "/ocinet/vnis/16777216",
                             "/ocinet/vnis/1/2",
                             "/ocinet/blocks/blue/10.95.0.1-26",
                             "/ocinet/blocks/blue/10.95.0.64/26",
                             "/ocinet/blocks/blue/x",
                             "/ocinet/hosts/a",
                             "/ocinet/hosts/a/other",
                             "/ocinet/hosts/a/containers/blue",
                             "/ocinet/hosts/a/containers/blue/../x",
                             "/ocinet/vnis/095",
                             "/ocinet/blocks/blue/FD95::40-122",
                             "/ocinet/blocks/blue/10.95.0.64-026",
                             "/ocinet/blocks/blue/fd95:0::40-122",
                             "/ocinet/hosts/a/containers/blue/c/d",
                             "/ocinetx/networks/blue",
                             "x"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_key("/ocinet", text));
    }
}

TEST_CASE("a definition is read as it is written, and nothing else is") {
    CHECK(to_text(parse_definition(definition_text(), "d")) == definition_text());
    const auto changed = [](const std::string& key, const json& value) {
        auto definition = json::parse(definition_text());
        definition[key] = value;
        return definition.dump();
    };
    for (const auto& text :
         {std::string("{}"), std::string("["), changed("vni", 0), changed("vni", 1 << 24),
          changed("port", 0), changed("port", 65536), changed("block_size", 48),
          changed("block_size", 2), changed("subnets", json::array()), changed("more", 1),
          changed("control", "static"), changed("control", ""), changed("encrypted", "true"),
          changed("subnets", json::array({{{"subnet", "10.95.0.1/16"}}}))}) {
        CAPTURE(text);
        CHECK_THROWS_AS(parse_definition(text, "d"), Error);
    }
}

TEST_CASE("a subnet has its blocks, and a smaller one is one") {
    const auto subnet = oci::subnet_of(prefix("10.95.0.0/16"));
    const Blocks blocks(subnet, 64);
    CHECK(blocks.count == 1024);
    CHECK(blocks.at(1) == prefix("10.95.0.64/26"));
    CHECK(blocks.at(1023) == prefix("10.95.255.192/26"));
    CHECK(blocks.usable(blocks.at(0)) == 62);    // without the network's address and the gateway
    CHECK(blocks.usable(blocks.at(1023)) == 63); // without broadcast
    CHECK(blocks.has(prefix("10.95.0.64/26")));
    CHECK_FALSE(blocks.has(prefix("10.95.0.64/27")));
    CHECK_FALSE(blocks.has(prefix("10.96.0.64/26")));
    const auto small = oci::subnet_of(prefix("10.95.0.0/28"));
    CHECK(Blocks(small, 64).count == 1);
    CHECK(Blocks(small, 64).at(0) == prefix("10.95.0.0/28"));
    const auto wide = oci::subnet_of(prefix("fd95::/64"));
    CHECK(Blocks(wide, 64).at(1) == prefix("fd95::40/122"));
    CHECK(Blocks(wide, 64).count == 1 << 20);
    auto narrow = subnet;
    narrow.lease_first = ip("10.95.0.70");
    narrow.lease_last = ip("10.95.0.79");
    CHECK(Blocks(narrow, 64).usable(prefix("10.95.0.64/26")) == 10);
    CHECK(Blocks(narrow, 64).usable(prefix("10.95.0.0/26")) == 0);
}

TEST_CASE("containers elsewhere are those of other hosts that are there") {
    Store store = two_hosts();
    store.put_container("h1", "c1", "02:0c:0a:5f:00:41", "10.95.0.65");
    store.put_container("h2", "c2", "02:0c:0a:5f:00:81", "10.95.0.129");
    REQUIRE(store.elsewhere().size() == 1);
    CHECK(store.elsewhere()[0].host == ip("192.0.2.2"));
    CHECK(store.elsewhere()[0].addresses == std::vector{ip("10.95.0.129")});
    store.put_host("h2", "192.0.2.22");
    CHECK(store.elsewhere()[0].host == ip("192.0.2.22"));
    store.erase("hosts/h2/self");
    CHECK(store.elsewhere().empty());
    CHECK(store.view.problems().empty());
}

TEST_CASE("an address outside of its host's blocks is not believed") {
    Store store = two_hosts();
    const auto claim = [&](const std::string& address) {
        store.put_container("h2", "c", "02:00:00:00:00:01", address);
        return store.problem("hosts/h2/containers/blue/c");
    };
    CHECK(claim("10.95.0.65") == "10.95.0.65 lies in no block of h2"); // h1's
    CHECK(claim("10.95.7.1") == "10.95.7.1 lies in no block of h2");   // nobody's
    CHECK(claim("192.0.2.1") == "192.0.2.1 lies in no block of h2");
    CHECK(claim("10.95.0.128").empty());
    CHECK(store.elsewhere().size() == 1);
    store.put("blocks/blue/10.95.0.0-26", "h2 i-h2");
    CHECK(claim("10.95.0.1") == "10.95.0.1 is no container's address"); // the gateway
    CHECK(claim("10.95.0.0") == "10.95.0.0 is no container's address");
    CHECK(store.elsewhere().empty());
    store.put("hosts/h2/containers/blue/c", R"({"mac":"02:00:00:00:00:01","addresses":[]})");
    CHECK(store.problem("hosts/h2/containers/blue/c") == "no address");
    for (const char* mac : {"01:00:00:00:00:01", "00:00:00:00:00:00", "x"}) {
        store.put_container("h2", "c", mac, "10.95.0.129");
        CHECK_THAT(store.problem("hosts/h2/containers/blue/c"),
                   test::contains("no interface's MAC address"));
        CHECK(store.elsewhere().empty());
    }
    store.put_container("h2", "c", "02:00:00:00:00:01", "10.95.0.129");
    CHECK(store.view.problems().empty());
    CHECK(store.elsewhere().size() == 1);
}

TEST_CASE("a block within another one is not believed, nor one that is none") {
    Store store = two_hosts();
    store.put("blocks/blue/10.95.0.0-16", "h9");
    CHECK(store.problem("blocks/blue/10.95.0.0-16") == "no block of the network");
    store.put("blocks/blue/10.96.0.0-26", "h9");
    CHECK(store.problem("blocks/blue/10.96.0.0-26") == "no block of the network");
    CHECK(store.view.blocks_of("blue", "h9", "").empty());
    CHECK(store.view.blocks_of("blue", "h2", "i-h2") == std::vector{prefix("10.95.0.128/26")});
}

TEST_CASE("an address that is used again is its new container's") {
    Store store = two_hosts();
    store.put_container("h2", "old", "02:00:00:00:00:01", "10.95.0.129");
    store.put_container("h2", "new", "02:00:00:00:00:02", "10.95.0.129");
    REQUIRE(store.elsewhere().size() == 1);
    CHECK(store.elsewhere()[0].mac == *Mac::parse("02:00:00:00:00:02"));
}

TEST_CASE("what is believed follows each change") {
    Store store = two_hosts();
    store.put_container("h2", "c", "02:00:00:00:00:01", "10.95.0.129");
    REQUIRE(store.elsewhere().size() == 1);
    store.put_host("h2", "192.0.2.22");
    REQUIRE(store.elsewhere().size() == 1);
    CHECK(store.elsewhere()[0].host == ip("192.0.2.22"));
    store.erase("blocks/blue/10.95.0.128-26");
    CHECK(store.elsewhere().empty());
    CHECK_FALSE(store.problem("hosts/h2/containers/blue/c").empty());
    store.put("blocks/blue/10.95.0.128-26", "h2 i-h2");
    CHECK(store.elsewhere().size() == 1);
    CHECK(store.problem("hosts/h2/containers/blue/c").empty());
    store.erase("hosts/h2/self");
    CHECK(store.elsewhere().empty());
    store.put_host("h2", "192.0.2.2");
    CHECK(store.elsewhere().size() == 1);
    store.erase("networks/blue");
    CHECK(store.elsewhere().empty());
    store.put("networks/blue", definition_text());
    CHECK(store.elsewhere().size() == 1);
    store.erase("hosts/h2/containers/blue/c");
    CHECK(store.elsewhere().empty());
}

TEST_CASE("a MAC address stays the host's that had it first") {
    Store store = two_hosts();
    store.put_host("h3", "192.0.2.3");
    store.put("blocks/blue/10.95.0.192-26", "h3 i-h3");
    store.put_container("h1", "own", "02:00:00:00:00:01", "10.95.0.65");
    store.put_container("h2", "c", "02:00:00:00:00:02", "10.95.0.129");
    store.put_container("h3", "thief", "02:00:00:00:00:01", "10.95.0.193");
    store.put_container("h3", "thief2", "02:00:00:00:00:02", "10.95.0.194");
    REQUIRE(store.elsewhere().size() == 1);
    CHECK(store.elsewhere()[0].host == ip("192.0.2.2"));
    CHECK(store.problem("hosts/h3/containers/blue/thief") ==
          "02:00:00:00:00:01 is a container's on h1 already");
    CHECK(store.problem("hosts/h3/containers/blue/thief2") ==
          "02:00:00:00:00:02 is a container's on h2 already");
    CHECK(store.problem("hosts/h2/containers/blue/c").empty());
    // Saying it again makes nobody first.
    store.put_container("h2", "c", "02:00:00:00:00:02", "10.95.0.129");
    CHECK(store.elsewhere()[0].host == ip("192.0.2.2"));
}

TEST_CASE("what somebody wrote over is not believed") {
    Store store = two_hosts();
    store.put_container("h1", "c1", "02:00:00:00:00:01", "10.95.0.65");
    store.put_container("h3", "c3", "02:00:00:00:00:03", "10.95.0.65");
    store.put_host("h3", "192.0.2.3");
    store.put("blocks/blue/10.95.0.64-26", "h3 i-h3");
    CHECK(store.problem("blocks/blue/10.95.0.64-26") == "somebody wrote over it");
    CHECK(store.elsewhere().empty());
    store.put("networks/blue", definition_text(32));
    CHECK(store.problem("networks/blue") == "somebody wrote over it");
    CHECK(store.view.definition("blue")->block_size == 64);
}

TEST_CASE("tunnels lead to another machine, and each to its own") {
    Store store = two_hosts();
    store.put_container("h2", "c", "02:00:00:00:00:02", "10.95.0.129");
    for (const char* address : {"192.0.2.1", "127.0.0.1", "0.0.0.0", "224.0.0.1", "2001:db8::2"}) {
        CAPTURE(address);
        store.put_host("h2", address);
        CHECK(store.elsewhere().empty());
        CHECK_THAT(store.problem("hosts/h2/self"), test::contains("cannot lead to"));
    }
    store.put_host("h2", "192.0.2.2");
    CHECK(store.elsewhere().size() == 1);
    store.put_host("h3", "192.0.2.2");
    CHECK(store.elsewhere().size() == 1);
    CHECK_THAT(store.problem("hosts/h3/self"), test::contains("another host has it"));
}

TEST_CASE("blocks of a host that had the name of another are not the other's") {
    Store store = two_hosts();
    store.put_container("h2", "c", "02:00:00:00:00:02", "10.95.0.129");
    store.put("hosts/h2/self", json{{"instance", "new"}, {"address", "192.0.2.2"}}.dump(), 8);
    CHECK(store.elsewhere().empty());
    CHECK(store.problem("hosts/h2/containers/blue/c") == "10.95.0.129 lies in no block of h2");
}

TEST_CASE("what changed is told by network, once") {
    Store store = two_hosts();
    CHECK(store.view.take_changed() == std::set<std::string>{"blue"});
    CHECK(store.view.take_changed().empty());
    store.put("networks/red", definition_text());
    CHECK(store.view.take_changed() == std::set<std::string>{"red"});
    store.put_host("h3", "192.0.2.3");
    CHECK(store.view.take_changed() == std::set<std::string>{"blue", "red"});
}

TEST_CASE("a host's key gives it one address inside, and no other text is a key") {
    const auto key = host_key(0xab);
    CHECK(to_text(key) == "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=");
    CHECK(parse_host_key(to_text(key)) == key);
    CHECK(inner_address(key).text() == "fd6f:6369:abab:abab:abab:abab:abab:abab");
    for (const char* text : {"", "x", "q6s=", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                             "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s="}) {
        CAPTURE(text);
        CHECK_FALSE(parse_host_key(text));
    }
}

TEST_CASE("to a host of an encrypted network tunnels lead by its key, or not at all") {
    Store store;
    store.put("networks/blue", definition_text(64, true));
    store.put("blocks/blue/10.95.0.128-26", "h2 i-h2");
    store.put("blocks/blue/10.95.0.192-26", "h3 i-h3");
    store.put_container("h2", "c2", "02:0c:0a:5f:00:85", "10.95.0.133");
    store.put_container("h3", "c3", "02:0c:0a:5f:00:c5", "10.95.0.197");
    store.put_host_with_key("h2", "192.0.2.2", to_text(host_key(2)), 51821);
    store.put_host("h3", "192.0.2.3");
    REQUIRE(store.elsewhere().size() == 1);
    CHECK(store.elsewhere()[0].host == inner_address(host_key(2)));
    CHECK(store.view.peers() ==
          std::vector<wireguard::Peer>{{.public_key = host_key(2),
                                        .host = ip("192.0.2.2"),
                                        .port = 51821,
                                        .inner = inner_address(host_key(2))}});
    CHECK(store.problem("hosts/h3/self") ==
          "shows no key of its own: its containers on \"blue\", which is encrypted, get nothing");
    // The same key is no key of its own.
    store.put_host_with_key("h3", "192.0.2.3", to_text(host_key(2)));
    CHECK(store.elsewhere().size() == 1);
    CHECK(store.view.peers().size() == 1);
    CHECK_THAT(store.problem("hosts/h3/self"), Catch::Contains("key"));
    store.erase("hosts/h3/self");
    store.put_host_with_key("h3", "192.0.2.3", to_text(host_key(3)));
    CHECK(store.elsewhere().size() == 2);
    CHECK(store.problem("hosts/h3/self").empty());
    // What is no key is no host.
    for (const auto& [key, port] : {std::pair<std::string, int>{"x", 51820},
                                    {to_text(host_key(4)), 0},
                                    {to_text(host_key(4)), 65536}}) {
        store.erase("hosts/h3/self");
        store.put_host_with_key("h3", "192.0.2.3", key, port);
        CHECK(store.elsewhere().size() == 1);
        CHECK_THAT(store.problem("hosts/h3/self"), Catch::Contains("public_key"));
    }
}

TEST_CASE("of two that say the same the first is meant, also when it says it again") {
    Store store;
    store.put("networks/blue", definition_text(64, true));
    store.put_host_with_key("h2", "192.0.2.2", to_text(host_key(2)));
    store.put_host_with_key("thief", "192.0.2.2", to_text(host_key(9)));
    store.put_host_with_key("twin", "192.0.2.4", to_text(host_key(2)));
    const auto check = [&] {
        REQUIRE(store.view.peers().size() == 1);
        CHECK(store.view.peers()[0].public_key == host_key(2));
        CHECK(store.view.peers()[0].host == ip("192.0.2.2"));
        CHECK(store.problem("hosts/h2/self").empty());
        CHECK_FALSE(store.problem("hosts/thief/self").empty());
        CHECK_FALSE(store.problem("hosts/twin/self").empty());
    };
    check();
    store.put_host_with_key("h2", "192.0.2.2", to_text(host_key(2))); // with another lease
    check();
    store.put_host_with_key("twin", "192.0.2.5", to_text(host_key(2)));
    check();
    // Who goes elsewhere was not the first there.
    store.put_host_with_key("early", "192.0.2.6", to_text(host_key(6)));
    store.put_host_with_key("h7", "192.0.2.7", to_text(host_key(7)));
    store.put_host_with_key("early", "192.0.2.7", to_text(host_key(6)));
    CHECK(store.problem("hosts/h7/self").empty());
    CHECK_FALSE(store.problem("hosts/early/self").empty());
}

TEST_CASE("a host that says nothing new changes nothing") {
    Store store = two_hosts();
    store.put_container("h2", "c2", "02:0c:0a:5f:00:81", "10.95.0.129");
    store.view.take_changed();
    store.put_host("h2", "192.0.2.2", 8);
    CHECK(store.view.take_changed().empty());
    CHECK(store.view.host("h2")->lease == 8);
    store.put_host("h2", "192.0.2.22", 8);
    CHECK(store.view.take_changed() == std::set<std::string>{"blue"});
}

TEST_CASE("a container has each address once, and not too many") {
    Store store = two_hosts();
    const auto put = [&](const json& addresses) {
        store.put("hosts/h2/containers/blue/c",
                  json{{"mac", "02:00:00:00:00:01"}, {"addresses", addresses}}.dump());
        return store.problem("hosts/h2/containers/blue/c");
    };
    CHECK(put({"10.95.0.129", "10.95.0.130"}).empty());
    CHECK_THAT(put({"10.95.0.129", "10.95.0.129"}), test::contains("or one twice"));
    CHECK(store.elsewhere().empty());
    json many = json::array();
    for (int i = 0; i < 65; ++i) {
        many.push_back("10.95.1." + std::to_string(i));
    }
    CHECK_THAT(put(many), test::contains("more than a container has"));
}

TEST_CASE("who shows another key under the name of a host that is there is not believed") {
    Store store;
    store.put("networks/blue", definition_text(64, true));
    store.put_host_with_key("h2", "192.0.2.2", to_text(host_key(2)));
    store.put_host_with_key("h2", "192.0.2.66", to_text(host_key(6)));
    REQUIRE(store.view.peers().size() == 1);
    CHECK(store.view.peers()[0].public_key == host_key(2));
    CHECK_THAT(store.problem("hosts/h2/self"), Catch::StartsWith("ALARM"));
    // Nor one who shows none.
    store.put_host("h2", "192.0.2.66");
    CHECK(store.view.peers().at(0).public_key == host_key(2));
    CHECK_THAT(store.problem("hosts/h2/self"), Catch::StartsWith("ALARM"));
    // Nor one who first shows nothing that could be understood.
    store.put("hosts/h2/self", "{}");
    CHECK(store.view.peers().at(0).public_key == host_key(2));
    store.put_host_with_key("h2", "192.0.2.66", to_text(host_key(6)));
    CHECK(store.view.peers().at(0).public_key == host_key(2));
    CHECK_THAT(store.problem("hosts/h2/self"), Catch::StartsWith("ALARM"));
    store.put_host_with_key("h2", "192.0.2.3", to_text(host_key(2))); // it is itself, elsewhere
    CHECK(store.problem("hosts/h2/self").empty());
    CHECK(store.view.peers().at(0).host == ip("192.0.2.3"));
    // One that has been away may have lost it.
    store.erase("hosts/h2/self");
    CHECK(store.view.peers().empty());
    store.put_host_with_key("h2", "192.0.2.2", to_text(host_key(6)));
    CHECK(store.view.peers().at(0).public_key == host_key(6));
    CHECK(store.problem("hosts/h2/self").empty());
    // Also where its end was not seen: the key's first revision tells.
    store.created.erase("hosts/h2/self");
    store.put_host_with_key("h2", "192.0.2.2", to_text(host_key(7)));
    CHECK(store.view.peers().at(0).public_key == host_key(7));
}

namespace {

/// Whatever three hosts may say of the network "blue", right and wrong.
class Babble {
public:
    explicit Babble(test::Random& random) : random_(random) {}

    /// The next key to change, and its value; empty: it goes.
    std::pair<std::string, std::string> next() {
        const std::string host = "h" + number(1, 3);
        const bool goes = random_.below(4) == 0;
        switch (random_.below(12)) {
        case 0: return {"networks/blue", goes ? "" : definition_text(64, random_.below(2) == 0)};
        case 1: return {"hosts/" + host + "/self", goes ? "" : self_of(host)};
        case 2:
            return {"blocks/blue/10.95.0." + std::to_string(64 * random_.below(3)) + "-26",
                    goes ? "" : host + " i-" + host};
        default:
            return {"hosts/" + host + "/containers/blue/c" + number(1, 4), goes ? "" : container()};
        }
    }

private:
    std::string number(unsigned first, unsigned last) {
        return std::to_string(first + random_.below(last - first + 1));
    }
    std::string self_of(const std::string& host) {
        json self{{"instance", "i-" + host}, {"address", "192.0.2." + number(1, 3)}};
        if (random_.below(2) == 0) {
            self["public_key"] = to_text(host_key(std::uint8_t(random_.below(3) + 1)));
            self["wireguard_port"] = 51820;
        }
        return self.dump();
    }
    std::string container() {
        json addresses = json::array();
        for (unsigned left = random_.below(3); left > 0; --left) {
            addresses.push_back("10.95.0." + std::to_string(62 + random_.below(6)));
        }
        return json{{"mac", "02:00:00:00:00:0" + number(1, 4)}, {"addresses", addresses}}.dump();
    }

    test::Random& random_;
};

/// By who was told what came and went.
std::map<Mac, endpoints::Endpoint> told(std::map<Mac, endpoints::Endpoint> before,
                                        const View::Difference& difference) {
    for (const auto& one : difference.gone) {
        REQUIRE(before.contains(one.mac));
        REQUIRE(before.at(one.mac) == one);
        before.erase(one.mac);
    }
    for (const auto& one : difference.come) {
        REQUIRE(before.emplace(one.mac, one).second);
    }
    return before;
}

} // namespace

TEST_CASE("what is judged by what has changed is what is judged from the beginning") {
    test::Random random("changes of etcd");
    Babble babble(random);
    Store store;
    std::map<std::string, etcd::KeyValue> keys;
    std::map<Mac, endpoints::Endpoint> known;
    for (int step = 0; step < 3000; ++step) {
        const auto [key, value] = babble.next();
        if (value.empty()) {
            store.erase(key);
            keys.erase(key);
        } else {
            // A definition, a block and a key are not written over.
            if (!key.starts_with("hosts/") || key.ends_with("/self")) {
                store.erase(key);
            }
            store.put(key, value);
            keys[key] = {"/ocinet/" + key, value, store.created[key], store.revision, 0};
        }
        if (random.below(3) == 0) {
            continue; // several changes at once
        }
        View anew({"/ocinet", "h1", ip("192.0.2.1")});
        for (const auto& [name, now] : keys) {
            anew.put(now);
        }
        CAPTURE(step, key, value);
        REQUIRE(store.view.elsewhere("blue") == anew.elsewhere("blue"));
        REQUIRE(store.view.problems() == anew.problems());
        if (random.below(2) == 0) {
            known = told(std::move(known), store.view.take_difference("blue"));
            REQUIRE(known.size() == anew.elsewhere("blue").size());
            for (const auto& [whose, endpoint] : anew.elsewhere("blue")) {
                REQUIRE(known.at(endpoint.mac) == endpoint);
            }
        }
    }
}

} // namespace ocinet::overlay
