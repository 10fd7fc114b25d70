// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/state/lock_order.h"

#include <csignal>
#include <utility>

#include "netsetup/state/locks.h"
#include "tests/netsetup/state_directory.h"
#include "tests/support/catch.h"
#include "tests/support/process.h"

namespace ocinet::test {

using state::LockKind;
using state::LockName;
using state::Locks;

TEST_CASE("a lock's name tells what it is of") {
    CHECK(LockName{LockKind::netns, "4711"}.text() == "netns 4711");
    CHECK(LockName{LockKind::container, "c1"}.text() == "container c1");
    CHECK(LockName{LockKind::plugin_network, "web"}.text() == "plugin network web");
    CHECK(LockName{LockKind::network, "web"}.text() == "network web");
    CHECK(LockName{LockKind::host, ""}.text() == "host");
}

#ifndef NDEBUG

namespace {

// How a process ends that takes these locks.
Result after(void (*take)(Locks&)) {
    const StateDirectory state;
    return Process([&state, take] {
               Locks locks(state.directory);
               take(locks);
           })
        .wait();
}

} // namespace

TEST_CASE("locks taken in order are let pass") {
    const Result result = after([](Locks& locks) {
        for (int round = 0; round < 2; ++round) { // what was released counts no more
            const auto netns = locks.netns(1);
            const auto own = locks.container("b");
            auto other = locks.container("a");
            const auto moved = std::move(other);
            const auto asked = locks.plugin_network("web");
            const auto shared = locks.shared({"db", "web"});
        }
    });
    CHECK(result.status == 0);
    CHECK(result.err.empty());
}

TEST_CASE("who does not wait may try out of order, and that lock counts") {
    CHECK(after([](Locks& locks) {
              const auto host = locks.host();
              const auto tried = locks.try_container("c1");
          }).status == 0);
    const Result result = after([](Locks& locks) {
        const auto own = locks.try_container("own");
        const auto other = locks.container("other");
        const auto third = locks.container("third");
    });
    CHECK_THAT(result.err, contains("\"container third\" is taken after"));
}

TEST_CASE("a lock taken out of order ends the process with both names") {
    const auto [take, words] = GENERATE(table<void (*)(Locks&), std::string>({
        {[](Locks& locks) {
             const auto held = locks.host();
             const auto next = locks.network("web");
         },
         "the lock \"network web\" is taken after the lock \"host\", which is held\n"},
        {[](Locks& locks) { const auto held = locks.shared({"web", "db"}); },
         "the lock \"network db\" is taken after the lock \"network web\", which is held\n"},
        {[](Locks& locks) {
             const auto held = locks.network("web");
             const auto next = locks.container("c1");
         },
         "the lock \"container c1\" is taken after the lock \"network web\", which is held\n"},
        {[](Locks& locks) {
             const auto held = locks.container("c1");
             const auto next = locks.netns(1);
         },
         "the lock \"netns 1\" is taken after the lock \"container c1\", which is held\n"},
        {[](Locks& locks) {
             const auto held = locks.container("c1");
             const auto again = locks.try_container("c1");
         },
         "the lock \"container c1\" is taken in addition to the lock \"container c1\", which is "
         "held\n"},
    }));
    const Result result = after(take);
    CHECK(result.status == 128 + SIGABRT);
    CHECK(result.err == words);
}

#endif

} // namespace ocinet::test
