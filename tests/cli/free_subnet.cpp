// SPDX-License-Identifier: GPL-2.0-or-later
// Which subnet a new network gets, and which it may be given.
#include "cli/free_subnet.h"

#include "netsetup/base/error.h"
#include "tests/support/catch.h"

namespace ocinet::cli {

namespace {

using By = InUse::By;

InUse used(const std::string& prefix, By by) {
    return {*Prefix::parse(prefix), by, "it"};
}

Prefix prefix(const std::string& text) {
    return *Prefix::parse(text);
}

} // namespace

TEST_CASE("the first /24 that overlaps nothing is chosen") {
    CHECK(free_ipv4_subnet({}) == prefix("10.91.0.0/24"));
    CHECK(free_ipv4_subnet({used("10.91.0.0/24", By::network),
                            used("10.91.2.0/24", By::network)}) == prefix("10.91.1.0/24"));
    CHECK(free_ipv4_subnet({used("10.91.0.0/17", By::route)}) == prefix("10.91.128.0/24"));
    CHECK(free_ipv4_subnet({used("10.91.0.7/32", By::address)}) == prefix("10.91.1.0/24"));
    CHECK(free_ipv4_subnet({used("10.91.0.0/17", By::route), used("10.91.128.0/18", By::route),
                            used("10.91.192.0/19", By::route), used("10.91.224.0/20", By::route),
                            used("10.91.240.0/21", By::route), used("10.91.248.0/22", By::route),
                            used("10.91.252.0/23", By::route),
                            used("10.91.254.0/24", By::route)}) == prefix("10.91.255.0/24"));
    CHECK_THROWS_WITH(free_ipv4_subnet({used("10.0.0.0/8", By::route)}),
                      test::contains("no subnet of 10.91.0.0/16 is free"));
}

TEST_CASE("an IPv6 subnet is drawn at random from the unique local addresses") {
    NameSource random(1);
    NameSource same(1);
    const Prefix first = free_ipv6_subnet({}, random);
    CHECK(first.length == 64);
    CHECK(first.address == first.network());
    CHECK(prefix("fd00::/8").contains(first.address));
    CHECK(free_ipv6_subnet({}, random) != first);
    CHECK(free_ipv6_subnet({{first, By::network, "it"}}, same) != first);
    CHECK_THROWS_WITH(free_ipv6_subnet({used("fc00::/7", By::route)}, random),
                      test::contains("no subnet of fd00::/8 is free"));
}

TEST_CASE("a subnet that is named collides with networks, addresses, and narrower routes") {
    const Prefix subnet = prefix("10.1.0.0/24");
    CHECK(collision(subnet, {used("10.0.0.0/8", By::network)}));
    CHECK(collision(subnet, {used("10.1.0.128/25", By::network)}));
    CHECK(collision(subnet, {used("10.1.0.5/8", By::address)}));
    CHECK(collision(subnet, {used("10.1.0.0/24", By::route)}));
    CHECK(collision(subnet, {used("10.1.0.128/25", By::route)}));
    CHECK_FALSE(collision(subnet, {used("10.0.0.0/8", By::route)}));
    CHECK_FALSE(collision(subnet, {used("10.1.0.0/16", By::route)}));
    CHECK_FALSE(collision(subnet, {used("10.2.0.5/8", By::address)}));
    CHECK_FALSE(collision(subnet, {used("fd00::/64", By::network)}));
}

} // namespace ocinet::cli
