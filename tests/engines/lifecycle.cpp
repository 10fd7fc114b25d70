// SPDX-License-Identifier: GPL-2.0-or-later
// Every way in which a container of a real runtime begins and ends, the network along with it.
#include "tests/engines/engine.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

const Annotations published = {{"io.ocinet.publish", "8080:80"}};

void check_ok(const Result& result) {
    CAPTURE(result.out, result.err);
    REQUIRE(result.status == 0);
}

} // namespace

TEMPLATE_TEST_CASE("create, start, delete", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Lab lab;
    Engine box(lab.host, TestType::name, published);
    box.bundle().add_our_hooks();
    check_ok(box.create());
    CHECK(lab.host.sh("ip -j link show master ocinet0") != "[]\n");
    check_ok(box.start());
    check_network(lab, box);
    box.kill_init();
    check_ok(box.remove());
    CHECK(leftovers(lab.host) == nothing_left);
}

TEMPLATE_TEST_CASE("create and delete without a start", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Lab lab;
    Engine box(lab.host, TestType::name, published);
    box.bundle().add_our_hooks();
    check_ok(box.create());
    check_ok(box.remove_by_force());
    CHECK(leftovers(lab.host) == nothing_left);
}

TEMPLATE_TEST_CASE("run until the program ends", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Lab lab;
    Engine box(lab.host, TestType::name, published);
    box.bundle().add_our_hooks();
    box.bundle().set_args({"/bin/sh", "-c",
                           "ip -4 address show eth0 && ip route && "
                           "wget -qO- http://192.0.2.2/cgi-bin/who; exit 7"});
    const Result result = box.run();
    CAPTURE(result.err);
    CHECK(result.status == 7);
    CHECK_THAT(result.out, contains("inet 10.90.0.") && contains("default via 10.90.0.1") &&
                               contains("outside serves 192.0.2.1"));
    CHECK(leftovers(lab.host) == nothing_left);
}

TEMPLATE_TEST_CASE("run in the foreground, its init killed", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Lab lab;
    Engine box(lab.host, TestType::name, published);
    box.bundle().add_our_hooks();
    Process run = box.run_in_background();
    REQUIRE(eventually([&] { return box.status() == "running"; }));
    check_network(lab, box);
    box.kill_init();
    CHECK(run.wait().status == 137);
    CHECK(leftovers(lab.host) == nothing_left);
}

TEMPLATE_TEST_CASE("run detached, its init killed, delete", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Lab lab;
    Engine box(lab.host, TestType::name, published);
    box.bundle().add_our_hooks();
    check_ok(box.run_detached());
    check_network(lab, box);
    box.kill_init();
    CHECK(leftovers(lab.host) != nothing_left); // no runtime watches: delete is the end
    check_ok(box.remove());
    CHECK(leftovers(lab.host) == nothing_left);
}

TEMPLATE_TEST_CASE("delete --force while it runs", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Lab lab;
    Engine box(lab.host, TestType::name, published);
    box.bundle().add_our_hooks();
    check_ok(box.run_detached());
    check_network(lab, box);
    check_ok(box.remove_by_force());
    CHECK(leftovers(lab.host) == nothing_left);
}

TEMPLATE_TEST_CASE("two containers, one after the other gone", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Lab lab;
    Engine box(lab.host, TestType::name, published);
    box.bundle().add_our_hooks();
    check_ok(box.run_detached());
    {
        Engine second(lab.host, TestType::name, {{"io.ocinet.publish", "8081:80"}});
        second.bundle().add_our_hooks();
        second.bundle().config["hostname"] = "second";
        check_ok(second.run_detached());
        CHECK(Lab::page(lab.outside, "192.0.2.1:8081") == "second serves 192.0.2.2\n");
        check_ok(second.remove_by_force());
    }
    CHECK_THAT(lab.outside.run("timeout 5 busybox wget -qO- http://192.0.2.1:8081/").err,
               contains("refused"));
    check_network(lab, box);
    check_ok(box.remove_by_force());
    CHECK(leftovers(lab.host) == nothing_left);
}

TEMPLATE_TEST_CASE("the hook in prestart", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Lab lab;
    Engine box(lab.host, TestType::name, published);
    box.bundle().add_our_hooks("prestart");
    check_ok(box.run_detached());
    check_network(lab, box);
    check_ok(box.remove_by_force());
    CHECK(leftovers(lab.host) == nothing_left);
}

TEMPLATE_TEST_CASE("the hook in prestart and createRuntime attaches once", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Lab lab;
    Engine box(lab.host, TestType::name, published);
    box.bundle().add_hook("prestart", hook_program(), {"prestart"});
    box.bundle().add_our_hooks("createRuntime");
    check_ok(box.run_detached());
    check_network(lab, box);
    CHECK(nlohmann::json::parse(lab.host.sh("ip -j link show master ocinet0")).size() == 1);
    CHECK_THAT(box.exec("ip -o -4 address show eth0"), !contains("\n2:"));
    CHECK_THAT(box.exec("ip link"), !contains("eth1"));
    check_ok(box.remove_by_force());
    CHECK(leftovers(lab.host) == nothing_left);
}

TEMPLATE_TEST_CASE("a container that asks for nothing is left alone", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Host host;
    const auto before = host.snapshot();
    Engine box(host, TestType::name, {});
    box.bundle().add_our_hooks();
    check_ok(box.run_detached());
    CHECK_THAT(box.exec("ip link"), !contains("eth0"));
    CHECK(difference(before, host.snapshot()) == no_difference);
    check_ok(box.remove_by_force());
    CHECK(difference(before, host.snapshot()) == no_difference);
}

} // namespace ocinet::test
