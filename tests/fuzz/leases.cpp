// SPDX-License-Identifier: GPL-2.0-or-later
// The map of a subnet's leases: a hint, which may be wrong in any way.
#include "netsetup/state/leases.h"

#include "netsetup/base/file.h"
#include "tests/fuzz/oracle.h"
#include "tests/fuzz/targets.h"
#include "tests/netsetup/state_directory.h"

namespace ocinet::fuzz {

namespace {

IpAddress ip(const char* text) {
    return IpAddress::parse(text).value();
}

void find_and_take(const test::StateDirectory& state, const state::AddressRange& range,
                   const std::string& map) {
    const auto& directory = state.directory;
    const std::string subnet = "networks/web/" + range.base.text();
    state::make_directory(directory, "networks/web");
    state::make_directory(directory, subnet);
    const Fd parent = state::open_directory(directory.root.get(), subnet.c_str());
    replace_file(parent.get(), "map", map, 0600);
    for (const char* id : {"c1", "c2"}) {
        const auto address = state::next_free(directory, range);
        require(address && *address >= range.first && *address <= range.last &&
                    *address != range.never.front(),
                "a subnet has a free address");
        state::take_address(directory, range, *address, id);
        require(state::lease_owner(directory, range, *address) == id, "a lease has an owner");
        // What the map says of the other ones is not changed by that.
        require(state::next_free(directory, range) != address, "an address is given out once");
        state::release_address(directory, range, *address, id);
    }
}

} // namespace

void fuzz_leases(const std::string& input) {
    static const test::StateDirectory state;
    find_and_take(state,
                  {.network = "web",
                   .base = ip("10.1.0.0"),
                   .first = ip("10.1.0.1"),
                   .last = ip("10.1.0.254"),
                   .never = {ip("10.1.0.1")}},
                  input);
    find_and_take(state,
                  {.network = "web",
                   .base = ip("fd01::"),
                   .first = ip("fd01::1"),
                   .last = ip("fd01::3fff:ffff:ffff:ffff"),
                   .never = {ip("fd01::1")}},
                  input);
}

} // namespace ocinet::fuzz
