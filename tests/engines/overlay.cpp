// SPDX-License-Identifier: GPL-2.0-or-later
// Containers of real runtimes on one network over two hosts.
#include "tests/engines/engine.h"
#include "tests/support/snapshot.h"
#include "tests/support/underlay.h"

namespace ocinet::test {

TEMPLATE_TEST_CASE("containers on two hosts find each other", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Underlay net(2);
    net.write_network("blue", net.network());
    const auto begin = [&](const Engine& box) {
        const Result result = box.run_detached();
        INFO(box.hook_errors(result));
        REQUIRE(result.status == 0);
    };
    Engine here(net.host(1), TestType::name, {{"io.ocinet.network", "blue:ip=10.95.1.5"}});
    Engine there(net.host(2), TestType::name, {{"io.ocinet.network", "blue:ip=10.95.2.5"}});
    for (auto* box : {&here, &there}) {
        box->bundle().add_our_hooks();
        begin(*box);
    }
    CHECK(here.exec("wget -qO- http://10.95.2.5/cgi-bin/who") == "box serves 10.95.1.5\n");
    CHECK(there.exec("wget -qO- http://10.95.1.5/cgi-bin/who") == "box serves 10.95.2.5\n");

    there.kill_init();
    CHECK(there.remove().status == 0);
    CHECK(here.remove_by_force().status == 0);
    CHECK(leftovers(net.host(1)) == nothing_left);
    CHECK(leftovers(net.host(2)) == nothing_left);
}

} // namespace ocinet::test
