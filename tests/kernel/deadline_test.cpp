// SPDX-License-Identifier: GPL-2.0-or-later
// A set-up that takes too long goes back by itself, before a runtime kills it.
#include "netsetup/base/deadline.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <iostream>

#include "netsetup/state/locks.h"
#include "tests/kernel/trace.h"
#include "tests/support/catch.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

const Call within_a_second{.options = {"--deadline", "1"}};

} // namespace

TEST_CASE("a lock is not waited for behind the deadline, and its holder is named") {
    const Host host;
    const Container box(host, published);
    const Process holder = host.start([] {
        const auto directory = state::Directory::open();
        state::Locks locks(directory);
        const auto held = locks.host();
        std::cout << "held" << std::endl;
        ::pause();
    });
    holder.wait_for_output("held");
    const Result result = call_hook(host, box.state("createRuntime").dump(), within_a_second);
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("gave up after 1 s on the lock \"host\", held by process " +
                                    std::to_string(holder.pid())));
}

TEST_CASE("a set-up that is behind its deadline is rolled back") {
    const Host host;
    const Container box(host, published);
    const auto before = host.snapshot();
    const auto inside = box.snapshot();
    bool begun = false;
    // The hook stands still where it takes its first lease.
    const auto look = [&](const Stop& stop) {
        if (!begun && stop.before && stop.number == SYS_symlinkat) {
            begun = true;
            const auto passed = Deadline::in(1100ms);
            while (!passed.has_passed()) {
            }
        }
    };
    const Result result =
        trace_hook(host, box.state("createRuntime").dump(), within_a_second, look);
    CHECK(begun);
    CHECK(result.status == 1);
    CHECK_THAT(result.err, contains("the deadline has passed"));
    CHECK(difference(before, host.snapshot()) == no_difference);
    CHECK(difference(inside, box.snapshot()) == no_difference);
    CHECK(leftovers(host) == nothing_left);
    box.attach();
}

TEST_CASE("a deadline is a number of seconds") {
    const Host host;
    for (const char* wrong : {"0", "3601", "-1", "1.5", "soon", ""}) {
        CAPTURE(wrong);
        const Result result = call_hook(host, "", {.options = {"--deadline", wrong}});
        CHECK(result.status == 1);
        CHECK_THAT(result.err, contains("is not between 1 and 3600 seconds"));
    }
}

} // namespace ocinet::test
