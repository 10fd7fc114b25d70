// SPDX-License-Identifier: GPL-2.0-or-later
// A network namespace that was there before the container and outlives it.
#include "tests/engines/engine.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

TEMPLATE_TEST_CASE("a network namespace by path outlives the container", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Lab lab;
    lab.host.sh("ip netns add own");
    for (int round = 1; round <= 2; ++round) {
        CAPTURE(round);
        Engine box(lab.host, TestType::name, {{"io.ocinet.publish", "8080:80"}});
        box.bundle().set_netns("/run/netns/own");
        box.bundle().add_our_hooks();
        const Result result = box.run_detached();
        INFO(box.hook_errors(result));
        REQUIRE(result.status == 0);
        CHECK_THAT(lab.host.sh("ip -n own -4 address show eth0"), contains("inet 10.90.0."));
        check_network(lab, box);
        CHECK(box.remove_by_force().status == 0);
        CHECK(leftovers(lab.host) == nothing_left);
        CHECK_THAT(lab.host.sh("ip -n own link"), !contains("eth0") && contains("lo"));
    }
}

TEMPLATE_TEST_CASE("the host's own network namespace is refused", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Host host;
    const auto before = host.snapshot();
    Engine box(host, TestType::name, {{"io.ocinet.network", "bridge"}});
    box.bundle().share_host_netns();
    box.bundle().add_our_hooks();
    const Result result = box.create();
    CHECK(result.status != 0);
    CHECK_THAT(box.hook_errors(result), contains("ocinet: "));
    CHECK(difference(before, host.snapshot()) == no_difference);
}

} // namespace ocinet::test
