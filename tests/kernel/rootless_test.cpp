// SPDX-License-Identifier: GPL-2.0-or-later
// A rootless engine's hooks are root in a user namespace of their own, but not over the host's
// network: they are told what to use instead, and change nothing.
#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

Result rootless_hook(const Host& host, const Container& box, const std::string& stage,
                     const std::string& unshare) {
    return host.run("exec unshare " + unshare + " " + hook_program() + " " + stage,
                    box.state(stage).dump());
}

} // namespace

TEST_CASE("a rootless engine's hook says what to use instead") {
    const Host host;
    const Container box(host, published);
    const auto before = host.snapshot();
    const auto inside = box.snapshot();
    const Result result = rootless_hook(host, box, "createRuntime", "--user --map-root-user");
    CHECK(result.status == 1);
    CHECK(result.out.empty());
    CHECK_THAT(result.err, contains("ocinet: this is a rootless container") && contains("hint: ") &&
                               contains("podman run --network pasta"));
    CHECK(difference(before, host.snapshot()) == no_difference);
    CHECK(difference(inside, box.snapshot()) == no_difference);
    CHECK(host.run("ls -d /run/ocinet").status != 0);
    const Result stopped = rootless_hook(host, box, "poststop", "--user --map-root-user");
    CHECK(stopped.status == 0);
    CHECK(stopped.err.empty());
}

TEST_CASE("a rootless container that asks for nothing is left alone") {
    const Host host;
    const Container box(host);
    const Result result = rootless_hook(host, box, "createRuntime", "--user --map-root-user");
    CHECK(result.status == 0);
    CHECK(result.err.empty());
}

// As in a container in which containers are run: the network is our own there.
TEST_CASE("root in a user namespace with its own network is not rootless") {
    const Host host;
    const Container box(host, on_bridge);
    const Result result = rootless_hook(host, box, "createRuntime", "--user --map-root-user --net");
    CHECK_THAT(result.err, !contains("rootless"));
}

} // namespace ocinet::test
