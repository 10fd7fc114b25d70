// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/state/users.h"

#include <unistd.h>

#include "tests/base/caught.h"
#include "tests/netsetup/state_directory.h"
#include "tests/support/catch.h"

namespace ocinet::test {

TEST_CASE("the last user of a thing is told so") {
    const StateDirectory state;
    const auto& directory = state.directory;
    CHECK_FALSE(state::has_users(directory, "bridge-web"));
    state::join(directory, "bridge-web", "c1");
    state::join(directory, "bridge-web", "c1"); // twice is once
    state::join(directory, "bridge-web", "c2");
    state::join(directory, "policy", "c1");
    CHECK(state::has_users(directory, "bridge-web"));
    CHECK_FALSE(state::leave(directory, "bridge-web", "c1"));
    CHECK_FALSE(state::leave(directory, "bridge-web", "c1"));
    CHECK_FALSE(state::leave(directory, "bridge-web", "stranger"));
    CHECK(state::has_users(directory, "bridge-web"));
    CHECK(state::leave(directory, "bridge-web", "c2"));
    CHECK_FALSE(state::has_users(directory, "bridge-web"));
    // Idempotent: an undo may be repeated.
    CHECK(state::leave(directory, "bridge-web", "c2"));
    CHECK(state::leave(directory, "never-there", "c1"));
    CHECK(state::has_users(directory, "policy"));
    CHECK(state::leave(directory, "policy", "c1"));
    CHECK(state.entries("users") == 0);
}

TEST_CASE("an id that begins with a dot is a user like any other") {
    const StateDirectory state;
    state::join(state.directory, "policy", ".c1");
    CHECK_FALSE(state::leave(state.directory, "policy", "c2"));
    CHECK(state::leave(state.directory, "policy", ".c1"));
}

TEST_CASE("a state directory is not reached through a symlink") {
    const StateDirectory state;
    const TempDir elsewhere;
    write_text(elsewhere / "c1.json", "{}");
    REQUIRE(::symlink(elsewhere.path().c_str(), (state.path() / "link").c_str()) == 0);
    CHECK_THAT(message_of([&] { state::names_in(state.directory, "link"); }),
               contains("open directory link: "));
    CHECK(state::names_in(state.directory, "missing").empty());
}

} // namespace ocinet::test
