// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/state/leases.h"

#include <fstream>
#include <functional>
#include <set>

#include "tests/base/caught.h"
#include "tests/base/random.h"
#include "tests/netsetup/state_directory.h"
#include "tests/netsetup/system_calls.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

IpAddress ip(const std::string& text) {
    return IpAddress::parse(text).value();
}

state::AddressRange range_of(const char* subnet, const char* first, const char* last) {
    const auto base = Prefix::parse(subnet)->network();
    return {.network = "web",
            .base = base,
            .first = ip(first),
            .last = ip(last),
            .never = {base.plus(1)}};
}

// 10.1.0.0/29: .1 is the gateway, .2 to .6 are given out.
state::AddressRange small_range() {
    return range_of("10.1.0.0/29", "10.1.0.1", "10.1.0.6");
}

struct Leases {
    StateDirectory state;
    state::AddressRange range = small_range();

    std::string next() const {
        const auto free = state::next_free(state.directory, range);
        return free ? free->text() : "none";
    }
    void take(const std::string& address, const std::string& id) const {
        state::take_address(state.directory, range, ip(address), id);
    }
    void release(const std::string& address, const std::string& id) const {
        state::release_address(state.directory, range, ip(address), id);
    }
    std::string owner(const std::string& address) const {
        return state::lease_owner(state.directory, range, ip(address)).value_or("nobody");
    }
    std::string map() const { return (state.path() / "networks/web/10.1.0.0/map").string(); }
};

} // namespace

TEST_CASE("addresses are given out one after the other, round and round") {
    const Leases leases;
    for (const auto* address : {"10.1.0.2", "10.1.0.3", "10.1.0.4"}) {
        CHECK(leases.next() == address);
        leases.take(address, "c");
    }
    // What was freed rests until all others had their turn.
    leases.release("10.1.0.2", "c");
    leases.release("10.1.0.3", "c");
    for (const auto* address : {"10.1.0.5", "10.1.0.6", "10.1.0.2", "10.1.0.3"}) {
        CHECK(leases.next() == address);
        leases.take(address, "c");
    }
    CHECK(leases.next() == "none");
    leases.release("10.1.0.4", "c");
    CHECK(leases.next() == "10.1.0.4");
}

TEST_CASE("looking for an address takes nothing") {
    const Leases leases;
    CHECK(leases.next() == "10.1.0.2");
    CHECK(leases.next() == "10.1.0.2");
    CHECK(leases.state.entries("networks") == 0);
}

TEST_CASE("the gateway is never given out, and only the range is") {
    Leases leases;
    leases.range = range_of("10.1.0.0/24", "10.1.0.100", "10.1.0.102");
    leases.range.never = {ip("10.1.0.101")};
    std::set<std::string> given;
    for (int i = 0; i < 2; ++i) {
        const auto address = leases.next();
        leases.take(address, "c");
        given.insert(address);
    }
    CHECK(given == std::set<std::string>{"10.1.0.100", "10.1.0.102"});
    CHECK(leases.next() == "none");
    // A static address may lie outside; it changes nothing for the others.
    leases.take("10.1.0.5", "s");
    CHECK(leases.owner("10.1.0.5") == "s");
    leases.release("10.1.0.102", "c");
    CHECK(leases.next() == "10.1.0.102");

    leases.range = range_of("10.2.0.0/24", "10.2.0.1", "10.2.0.1");
    CHECK(leases.next() == "none");
}

TEST_CASE("a static address is not given out until it is free") {
    const Leases leases;
    leases.take("10.1.0.3", "static");
    std::set<std::string> given;
    for (int i = 0; i < 4; ++i) {
        const auto address = leases.next();
        leases.take(address, "c");
        given.insert(address);
    }
    CHECK(given == std::set<std::string>{"10.1.0.2", "10.1.0.4", "10.1.0.5", "10.1.0.6"});
    CHECK(leases.next() == "none");
    leases.release("10.1.0.3", "static");
    CHECK(leases.next() == "10.1.0.3");
}

TEST_CASE("a lease names its owner, who alone gives it back") {
    const Leases leases;
    CHECK(leases.owner("10.1.0.2") == "nobody");
    leases.take("10.1.0.2", "c1");
    leases.take("10.1.0.2", "c1"); // an attachment that is repeated
    CHECK(leases.owner("10.1.0.2") == "c1");
    CHECK(message_of([&] { leases.take("10.1.0.2", "c2"); }) ==
          "10.1.0.2 is leased to another container");
    leases.release("10.1.0.2", "c2");
    CHECK(leases.owner("10.1.0.2") == "c1");
    CHECK(leases.next() == "10.1.0.3");
    leases.release("10.1.0.2", "c1");
    leases.release("10.1.0.2", "c1");
    CHECK(leases.owner("10.1.0.2") == "nobody");
    const std::string longest(180, 'c');
    leases.take("10.1.0.2", longest);
    CHECK(leases.owner("10.1.0.2") == longest);
}

TEST_CASE("the last lease takes the network's directory with it") {
    const Leases leases;
    leases.take("10.1.0.2", "c1");
    leases.take("10.1.0.3", "c2");
    leases.release("10.1.0.2", "c1");
    CHECK(leases.state.entries("networks") == 5); // web, 10.1.0.0, leases, 10.1.0.3, map
    leases.release("10.1.0.2", "c1");
    CHECK(leases.owner("10.1.0.3") == "c2");
    leases.release("10.1.0.3", "c2");
    CHECK(leases.state.entries("networks") == 0);
    leases.release("10.1.0.3", "c2");
    CHECK(leases.state.entries("networks") == 0);
}

TEST_CASE("subnets of a network keep their leases apart") {
    const StateDirectory state;
    const auto range = [](const char* base, const char* first, const char* last) {
        return state::AddressRange{
            .network = "web", .base = ip(base), .first = ip(first), .last = ip(last)};
    };
    const auto v4 = range("10.1.0.0", "10.1.0.1", "10.1.0.254");
    const auto v6 = range("fd00::", "fd00::1", "fd00::3fff:ffff:ffff:ffff");
    CHECK(state::next_free(state.directory, v6) == ip("fd00::1"));
    state::take_address(state.directory, v4, ip("10.1.0.1"), "c1");
    state::take_address(state.directory, v6, ip("fd00::1"), "c1");
    CHECK(state::next_free(state.directory, v6) == ip("fd00::2"));
    // The far end, and outside the range.
    for (const auto* far : {"fd00::3fff:ffff:ffff:ffff", "fd00::4000:0:0:0", "fd00::ffff:0:0:1"}) {
        state::take_address(state.directory, v6, ip(far), "c2");
        CHECK(state::lease_owner(state.directory, v6, ip(far)) == "c2");
        CHECK(state::next_free(state.directory, v6).has_value());
        state::release_address(state.directory, v6, ip(far), "c2");
    }
    state::release_address(state.directory, v4, ip("10.1.0.1"), "c1");
    CHECK(state::lease_owner(state.directory, v6, ip("fd00::1")) == "c1");
    state::release_address(state.directory, v6, ip("fd00::1"), "c1");
    CHECK(state.entries("networks") == 0);
}

TEST_CASE("who was killed half-way in taking an address leaves nothing behind") {
    const Leases leases;
    // Between the directories and the lease.
    state::make_directory(leases.state.directory, "networks/web");
    leases.release("10.1.0.2", "c1");
    CHECK(leases.state.entries("networks") == 0);
    // Between lease and map.
    leases.take("10.1.0.2", "c1");
    std::filesystem::remove(leases.map());
    leases.release("10.1.0.2", "c1");
    CHECK(leases.state.entries("networks") == 0);
    // Between the lease's end and the map's bit: the address is free again.
    leases.take("10.1.0.2", "c1");
    leases.take("10.1.0.3", "c2");
    std::filesystem::remove(leases.state.path() / "networks/web/10.1.0.0/leases/10.1.0.2");
    leases.release("10.1.0.2", "c1");
    leases.take("10.1.0.4", "c2");
    leases.take("10.1.0.5", "c2");
    leases.take("10.1.0.6", "c2");
    CHECK(leases.next() == "10.1.0.2");
}

TEST_CASE("the map is a hint: the leases are the truth") {
    struct Case {
        const char* what;
        std::string content;
    };
    Random random("address maps");
    std::string every;
    for (int byte = 0; byte < 256; ++byte) {
        every += char(byte);
    }
    std::vector<Case> maps = {{"empty", ""},
                              {"short", "\x01"},
                              {"all free", std::string(64, '\0')},
                              {"all taken", std::string(64, '\xff')},
                              {"cursor behind the end", "\xff\xff\xff\xff\xff\xff\xff\x7f"}};
    for (unsigned i = sample(100, 1000, 10000); i > 0; --i) {
        maps.push_back({"garbage", random.text(every, 40)});
    }
    for (const auto& [what, content] : maps) {
        CAPTURE(what);
        const Leases leases;
        for (const auto* address : {"10.1.0.2", "10.1.0.3", "10.1.0.5"}) {
            leases.take(address, "c");
        }
        write_text(leases.map(), content);
        std::set<std::string> given;
        for (auto address = leases.next(); address != "none"; address = leases.next()) {
            REQUIRE(leases.owner(address) == "nobody");
            leases.take(address, "c");
            given.insert(address);
        }
        REQUIRE(given == std::set<std::string>{"10.1.0.4", "10.1.0.6"});
    }
}

TEST_CASE("an address is found after the map was deleted, and after the subnet changed") {
    Leases leases;
    leases.take("10.1.0.2", "c");
    std::filesystem::remove(leases.map());
    CHECK(leases.next() == "10.1.0.3");
    leases.take("10.1.0.3", "c");
    CHECK(leases.next() == "10.1.0.4");
    // The map's bits now stand for other addresses.
    leases.range = range_of("10.1.0.0/30", "10.1.0.1", "10.1.0.2");
    CHECK(leases.next() == "none");
    leases.range = range_of("10.9.0.0/30", "10.9.0.1", "10.9.0.2");
    CHECK(leases.next() == "10.9.0.2");
}

TEST_CASE("every address of a larger subnet is given out once") {
    Leases leases;
    leases.range = range_of("10.1.0.0/22", "10.1.0.1", "10.1.3.254");
    std::set<std::string> given;
    for (auto address = leases.next(); address != "none"; address = leases.next()) {
        leases.take(address, "c");
        given.insert(address);
    }
    CHECK(given.size() == 1021); // 1024 less the network's own, broadcast and gateway
    CHECK_FALSE(given.contains("10.1.0.1"));
    CHECK_FALSE(given.contains("10.1.0.0"));
    CHECK_FALSE(given.contains("10.1.3.255"));
}

TEST_CASE("an address costs the same however many are taken") {
    Leases leases;
    leases.range = range_of("10.1.0.0/16", "10.1.0.1", "10.1.255.254");
    const auto attach_and_detach = [&] {
        const auto address = leases.next();
        leases.take(address, "new");
        leases.release(address, "new");
    };
    leases.take("10.1.0.2", "c");
    const auto few = system_calls(attach_and_detach);
    if (!few) {
        SKIP("ptrace is not allowed here");
    }
    const unsigned taken = sample(5000, 60000, 65000);
    for (unsigned i = 3; i < taken; ++i) {
        state::take_address(leases.state.directory, leases.range, ip("10.1.0.0").plus(i), "c");
    }
    CHECK(system_calls(attach_and_detach) == few);
    // At worst the search comes round: the map of 65536 addresses is read in three pieces.
    leases.take("10.1.0.2", "c");
    CHECK(leases.next() == ip("10.1.0.0").plus(taken).text());
    CHECK(system_calls(attach_and_detach).value() <= *few + 2);
}

} // namespace ocinet::test
