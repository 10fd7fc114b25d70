// SPDX-License-Identifier: GPL-2.0-or-later
// What goes wrong while a real runtime starts a container, and what is left of it: nothing.
#include "tests/engines/engine.h"

#include <fcntl.h>
#include <unistd.h>

#include <functional>

#include "netsetup/base/error.h"
#include "netsetup/base/fd.h"
#include "netsetup/base/file.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

const Annotations published = {{"io.ocinet.publish", "8080:80"}};

// Holds a POSIX lock on the whole file until the process ends.
Process hold_lock(const Host& host, const std::string& path) {
    Process holder = host.start([path] {
        const Fd file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
        struct flock whole{};
        whole.l_type = F_WRLCK;
        if (!file || ::fcntl(file.get(), F_SETLK, &whole) != 0) {
            throw_errno("lock " + path);
        }
        write_all(STDOUT_FILENO, "locked", "stdout");
        while (true) {
            ::pause();
        }
    });
    holder.wait_for_output("locked");
    return holder;
}

// A runtime may return from a failed start before the init that it killed is dead, and gives no
// sign when it is; gc rightly spares the living.
void collect_until(const Host& host, const std::function<bool()>& clean) {
    eventually([&] {
        host.sh(cli_program() + " gc");
        return clean();
    });
}

std::vector<std::string> left_after_gc(const Host& host) {
    collect_until(host, [&] { return leftovers(host) == nothing_left; });
    return leftovers(host);
}

} // namespace

TEMPLATE_TEST_CASE("a program that does not exist", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Host host;
    Engine box(host, TestType::name, published);
    box.bundle().add_our_hooks();
    box.bundle().set_args({"/bin/no-such-program"});
    CHECK(box.run().status != 0);
    CHECK(box.status().empty());
    CHECK(left_after_gc(host) == nothing_left); // crun 1.8 runs no poststop hook then
}

TEMPLATE_TEST_CASE("a published port that is taken", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Host host;
    const Process owner = host.start("exec busybox httpd -f -p 8080 -h /run");
    REQUIRE(
        eventually([&] { return host.run("busybox nc 127.0.0.1 8080 </dev/null").status == 0; }));
    const auto before = host.snapshot();
    Engine box(host, TestType::name, published);
    box.bundle().add_our_hooks();
    const Result result = box.create();
    CHECK(result.status != 0);
    CHECK_THAT(box.hook_errors(result), contains("ocinet: ") && contains("8080"));
    CHECK(box.status().empty());
    CHECK(difference(before, host.snapshot()) == no_difference);
}

TEMPLATE_TEST_CASE("an eth0 that is there already", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Host host;
    host.sh("ip netns add own && ip -n own link add eth0 type bridge");
    const auto before = host.snapshot();
    Engine box(host, TestType::name, published);
    box.bundle().add_our_hooks();
    box.bundle().set_netns("/run/netns/own");
    const Result result = box.create();
    CHECK(result.status != 0);
    CHECK_THAT(box.hook_errors(result), contains("ocinet: ") && contains("eth0"));
    CHECK_THAT(host.sh("ip -n own -d link show eth0"), contains("bridge"));
    CHECK(leftovers(host) == nothing_left);
    // The policy's table, which is for all containers, may have been loaded and then stays.
    for (const char* part : {"links", "addresses", "routes", "bridge", "sysctl"}) {
        CHECK(difference(before[part], host.snapshot()[part]) == no_difference);
    }
}

TEMPLATE_TEST_CASE("a hook behind ours that fails", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Host host;
    Engine box(host, TestType::name, published);
    box.bundle().add_our_hooks();
    box.bundle().add_hook("createRuntime", "/bin/false", {});
    CHECK(box.create().status != 0);
    CHECK(box.status().empty());
    if (std::is_same_v<TestType, Runc>) {
        CHECK(leftovers(host) == nothing_left);
    }
    CHECK(left_after_gc(host) == nothing_left); // crun runs no poststop hook then, runc does
}

TEMPLATE_TEST_CASE("what a dead container left does not stand in the way", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Lab lab;
    {
        Engine dead(lab.host, TestType::name, published);
        dead.bundle().add_hook("createRuntime", hook_program(), {"createRuntime"});
        REQUIRE(dead.run_detached().status == 0);
        dead.kill_init();
        REQUIRE(dead.remove().status == 0);
    }
    CHECK(leftovers(lab.host) != nothing_left);
    Engine box(lab.host, TestType::name, published); // the same port
    box.bundle().add_our_hooks();
    const Result result = box.run_detached();
    INFO(box.hook_errors(result));
    REQUIRE(result.status == 0);
    check_network(lab, box);
    CHECK(box.remove_by_force().status == 0);
    CHECK(left_after_gc(lab.host) == nothing_left);
}

TEMPLATE_TEST_CASE("a hook that takes too long is killed", "", Runc, Crun) {
    SKIP_IF_MISSING(missing_for(TestType::name));
    const Host host;
    const Container living(host, {{"io.ocinet.network", "bridge"}});
    living.attach();
    const auto before = host.snapshot();
    Engine box(host, TestType::name, published);
    box.bundle().add_our_hooks("createRuntime", 1);
    {
        const Process holder = hold_lock(host, "/run/ocinet/lock");
        const Result result = box.create();
        CHECK(result.status != 0);
        CHECK_THAT(box.hook_errors(result), !contains("ocinet: ")); // killed, it could say nothing
        CHECK(box.status().empty());
    }
    collect_until(host, [&] { return host.snapshot()["links"] == before["links"]; });
    const auto after = host.snapshot();
    for (const auto& [part, state] : before.items()) {
        if (part != "run") { // where the next address is looked for may have moved
            CHECK(difference(state, after[part]) == no_difference);
        }
    }
    living.detach();
    CHECK(leftovers(host) == nothing_left);
}

} // namespace ocinet::test
