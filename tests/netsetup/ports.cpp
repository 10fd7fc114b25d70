// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/state/ports.h"

#include "tests/base/caught.h"
#include "tests/netsetup/state_directory.h"
#include "tests/netsetup/system_calls.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

using state::PortClaim;

PortClaim claim(const std::string& address, unsigned first, unsigned count = 1,
                const std::string& protocol = "tcp") {
    return {.protocol = protocol,
            .address = IpAddress::parse(address).value(),
            .first = std::uint16_t(first),
            .count = std::uint16_t(count)};
}

std::string owner(const StateDirectory& state, const PortClaim& wanted) {
    return state::port_owner(state.directory, wanted).value_or("nobody");
}

const char* const any = "0.0.0.0";
const char* const one = "192.0.2.1";
const char* const two = "192.0.2.2";

struct Pair {
    PortClaim first;
    PortClaim second;
    bool overlap;
};

const Pair pairs[] = {
    {claim(any, 80), claim(any, 80), true},
    {claim(any, 80), claim(any, 81), false},
    {claim(any, 80), claim(any, 8), false},
    {claim(any, 80), claim(any, 800), false},
    {claim(any, 80), claim(any, 80, 1, "udp"), false},
    {claim(any, 80), claim(one, 80), true},
    {claim(one, 80), claim(one, 80), true},
    {claim(one, 80), claim(two, 80), false},
    {claim(any, 80, 11), claim(any, 80), true},
    {claim(any, 80, 11), claim(any, 90), true},
    {claim(any, 80, 11), claim(any, 85), true},
    {claim(any, 80, 11), claim(any, 79), false},
    {claim(any, 80, 11), claim(any, 91), false},
    {claim(any, 80, 11), claim(one, 85), true},
    {claim(one, 80, 11), claim(any, 85), true},
    {claim(one, 80, 11), claim(two, 85), false},
    {claim(any, 80, 11), claim(any, 85, 1, "udp"), false},
    {claim(any, 80, 11), claim(any, 80, 11), true},
    {claim(any, 80, 11), claim(any, 90, 2), true},
    {claim(any, 80, 11), claim(any, 91, 2), false},
    {claim(any, 80, 11), claim(any, 70, 11), true},
    {claim(any, 80, 11), claim(any, 70, 10), false},
    {claim(any, 80, 11), claim(any, 82, 3), true},
    {claim(any, 80, 11), claim(one, 82, 3), true},
    {claim(one, 80, 11), claim(two, 82, 3), false},
    {claim(any, 1, 65535), claim(any, 65535), true},
    {claim(any, 1, 65535), claim(one, 1), true},
    {claim(any, 65000, 536), claim(any, 65535), true},
    {claim(any, 65000, 535), claim(any, 65535), false},
};

} // namespace

TEST_CASE("two claims overlap in port, address and protocol, or not at all") {
    for (const auto& [first, second, overlap] : pairs) {
        for (const auto& [taken, wanted] : {std::pair(first, second), std::pair(second, first)}) {
            CAPTURE(taken.address.text(), taken.first, taken.count, taken.protocol,
                    wanted.address.text(), wanted.first, wanted.count, wanted.protocol);
            const StateDirectory state;
            state::take_ports(state.directory, taken, "c1");
            CHECK(owner(state, wanted) == (overlap ? "c1" : "nobody"));
            state::release_ports(state.directory, taken, "c1");
            CHECK(owner(state, wanted) == "nobody");
            CHECK(state.entries("ports") == 0);
        }
    }
}

TEST_CASE("one port of several addresses has several owners") {
    const StateDirectory state;
    state::take_ports(state.directory, claim(one, 80), "c1");
    state::take_ports(state.directory, claim(two, 80), "c2");
    CHECK(owner(state, claim(one, 80)) == "c1");
    CHECK(owner(state, claim(two, 80)) == "c2");
    CHECK(owner(state, claim("192.0.2.3", 80)) == "nobody");
    CHECK(owner(state, claim(any, 80)) != "nobody");
    state::release_ports(state.directory, claim(one, 80), "c1");
    CHECK(owner(state, claim(any, 80)) == "c2");
}

TEST_CASE("a port is taken and given back by its owner alone") {
    for (const auto& wanted : {claim(any, 80), claim(one, 9000, 11, "udp")}) {
        const StateDirectory state;
        state::release_ports(state.directory, wanted, "c1");
        state::take_ports(state.directory, wanted, "c1");
        state::take_ports(state.directory, wanted, "c1");
        const auto message =
            message_of([&, &claim = wanted] { state::take_ports(state.directory, claim, "c2"); });
        CHECK_THAT(message, contains("is published by another container"));
        state::release_ports(state.directory, wanted, "c2");
        CHECK(owner(state, wanted) == "c1");
        state::release_ports(state.directory, wanted, "c1");
        state::release_ports(state.directory, wanted, "c1");
        CHECK(owner(state, wanted) == "nobody");
        CHECK(state.entries("ports") == 0);
    }
}

TEST_CASE("who was killed half-way in taking a port leaves nothing behind") {
    const StateDirectory state;
    state::make_directory(state.directory, "ports/tcp");
    state::release_ports(state.directory, claim(any, 80), "c1");
    CHECK(state.entries("ports") == 0);
    state::make_directory(state.directory, "ports/tcp");
    state::make_directory(state.directory, "ports/tcp/80");
    CHECK(owner(state, claim(any, 80)) == "nobody");
    state::release_ports(state.directory, claim(any, 80), "c1");
    CHECK(state.entries("ports") == 0);
}

TEST_CASE("one port costs the same however many are taken") {
    const StateDirectory state;
    const auto publish = [&] {
        if (state::port_owner(state.directory, claim(any, 80))) {
            throw Error("it is free");
        }
        state::take_ports(state.directory, claim(any, 80), "new");
        state::release_ports(state.directory, claim(any, 80), "new");
    };
    state::take_ports(state.directory, claim(any, 1000), "c");
    const auto few = system_calls(publish);
    if (!few) {
        SKIP("ptrace is not allowed here");
    }
    for (unsigned port = 1001; port < 6000; ++port) {
        state::take_ports(state.directory, claim(any, port), "c");
    }
    CHECK(system_calls(publish) == few);
}

} // namespace ocinet::test
