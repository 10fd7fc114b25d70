// SPDX-License-Identifier: GPL-2.0-or-later
// One address: of IP, with a prefix length, of Ethernet.
#include "netsetup/base/address.h"

#include "tests/fuzz/oracle.h"
#include "tests/fuzz/targets.h"

namespace ocinet::fuzz {

namespace {

template <typename Value>
std::optional<Value> parsed(const std::string& input) {
    auto value = Value::parse(input);
    require(!value || Value::parse(value->text()) == value, "an address reads as it is written");
    return value;
}

} // namespace

void fuzz_address(const std::string& input) {
    parsed<Mac>(input);
    if (const auto address = parsed<IpAddress>(input)) {
        const auto other = IpAddress::any(address->family());
        require(other.plus(address->minus(other)).minus(other) == address->minus(other),
                "addresses are counted");
    }
    if (const auto prefix = parsed<Prefix>(input)) {
        require(prefix->contains(prefix->address) && prefix->contains(prefix->network()) &&
                    prefix->contains(prefix->last()) && prefix->overlaps(*prefix),
                "a prefix holds its own addresses");
        require(prefix->network() <= prefix->last(), "a prefix ends behind its beginning");
    }
}

} // namespace ocinet::fuzz
