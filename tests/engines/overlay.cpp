// SPDX-License-Identifier: GPL-2.0-or-later
// Containers of real runtimes on one network over two hosts.
#include "tests/engines/engine.h"
#include "tests/support/etcd.h"
#include "tests/support/snapshot.h"
#include "tests/support/underlay.h"

namespace ocinet::test {

namespace {

void start_both(Engine& here, Engine& there) {
    for (auto* box : {&here, &there}) {
        box->bundle().add_our_hooks();
        const Result result = box->run_detached();
        INFO(box->hook_errors(result));
        REQUIRE(result.status == 0);
    }
}

void end_both(const Underlay& net, Engine& here, Engine& there) {
    there.kill_init();
    CHECK(there.remove().status == 0);
    CHECK(here.remove_by_force().status == 0);
    CHECK(leftovers(net.host(1)) == nothing_left);
    CHECK(leftovers(net.host(2)) == nothing_left);
}

} // namespace

TEMPLATE_TEST_CASE("containers on two hosts find each other", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Underlay net(2);
    net.write_network("blue", net.network());
    Engine here(net.host(1), TestType::name, {{"io.ocinet.network", "blue:ip=10.95.1.5"}});
    Engine there(net.host(2), TestType::name, {{"io.ocinet.network", "blue:ip=10.95.2.5"}});
    start_both(here, there);
    CHECK(here.exec("wget -qO- http://10.95.2.5/cgi-bin/who") == "box serves 10.95.1.5\n");
    CHECK(there.exec("wget -qO- http://10.95.1.5/cgi-bin/who") == "box serves 10.95.2.5\n");
    end_both(net, here, there);
}

TEMPLATE_TEST_CASE("containers on two hosts find each other by etcd", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    SKIP_IF_MISSING(missing_for_etcd());
    const Underlay net(2);
    const Etcd etcd(net);
    OverlayHost one(net, etcd, 1);
    OverlayHost two(net, etcd, 2);
    for (auto* host : {&one, &two}) {
        host->host.write_network("blue", network_of_etcd());
        host->start();
        REQUIRE(host->knows("blue"));
    }
    Engine here(net.host(1), TestType::name, {{"io.ocinet.network", "blue:ip=10.95.255.71"}});
    Engine there(net.host(2), TestType::name, {{"io.ocinet.network", "blue:ip=10.95.255.72"}});
    start_both(here, there);
    const auto ask_for = [](char last) {
        return std::string("sh -c 'wget -qO- http://10.95.255.7") + last + "/cgi-bin/who; true'";
    };
    CHECK(eventually([&] { return here.exec(ask_for('2')) == "box serves 10.95.255.71\n"; }));
    CHECK(eventually([&] { return there.exec(ask_for('1')) == "box serves 10.95.255.72\n"; }));
    end_both(net, here, there);
}

} // namespace ocinet::test
