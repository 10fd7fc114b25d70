// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/state/locks.h"

#include <csignal>
#include <iostream>

#include "tests/base/caught.h"
#include "tests/base/random.h"
#include "tests/netsetup/state_directory.h"
#include "tests/support/catch.h"
#include "tests/support/process.h"
#include "tests/support/waiting.h"

namespace ocinet::test {

namespace {

using state::Locks;

// A process that says "held", keeps the lock until SIGUSR1, then says "released" and stays.
Process holder(const StateDirectory& state, Locks::Held (*take)(Locks&)) {
    return Process([&state, take] {
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGUSR1);
        sigprocmask(SIG_BLOCK, &signals, nullptr);
        Locks locks(state.directory);
        int number = 0;
        {
            const auto held = take(locks);
            std::cout << "held" << std::endl;
            sigwait(&signals, &number);
        }
        std::cout << "released" << std::endl;
        sigwait(&signals, &number);
    });
}

Locks::Held take_web(Locks& locks) {
    return locks.network("web");
}

Locks::Held take_c1(Locks& locks) {
    return locks.container("c1");
}

} // namespace

TEST_CASE("a lock is one process's, and the next one is woken when it is released") {
    const StateDirectory state;
    const auto first = holder(state, take_web);
    first.wait_for_output("held");
    const auto second = holder(state, take_web);
    REQUIRE(eventually([&] { return waits_for_lock(second); }));
    CHECK(second.out().empty());
    first.signal(SIGUSR1);
    second.wait_for_output("held");
    CHECK(first.running()); // it was the release, not the holder's end
}

TEST_CASE("a lock ends with its process, however that ends") {
    const StateDirectory state;
    auto first = holder(state, take_web);
    first.wait_for_output("held");
    const auto second = holder(state, take_web);
    REQUIRE(eventually([&] { return waits_for_lock(second); }));
    first.signal(SIGKILL);
    second.wait_for_output("held");
}

TEST_CASE("locks of other names are free") {
    const StateDirectory state;
    const auto web = holder(state, take_web);
    web.wait_for_output("held");
    for (auto take : {+[](Locks& locks) { return locks.network("db"); },
                      +[](Locks& locks) { return locks.container("web"); },
                      +[](Locks& locks) { return locks.host(); }}) {
        const auto other = holder(state, take);
        other.wait_for_output("held");
    }
}

TEST_CASE("a container that is at work is passed over") {
    const StateDirectory state;
    const auto other = holder(state, take_c1);
    other.wait_for_output("held");
    Locks locks(state.directory);
    CHECK_FALSE(locks.try_container("c1"));
    CHECK(locks.try_container("c2"));
    other.signal(SIGUSR1);
    other.wait_for_output("released");
    auto held = locks.try_container("c1");
    REQUIRE(held);
    // Moved, it is held once, by the new owner.
    const auto moved = std::move(*held);
    held.reset();
    const auto third = holder(state, take_c1);
    REQUIRE(eventually([&] { return waits_for_lock(third); }));
}

TEST_CASE("whoever waits too long learns who holds the lock") {
    const StateDirectory state;
    const auto first = holder(state, take_web);
    first.wait_for_output("held");
    // Behind a deadline it is still waited for one second: the way back needs locks, too.
    Locks locks(state.directory, Deadline::in(0ms));
    const auto pid = std::to_string(first.pid());
    auto command = read_text("/proc/" + pid + "/comm");
    command.pop_back();
    CHECK(message_of([&] { locks.network("web"); }) ==
          "gave up after 1 s on the lock \"network web\", held by process " + pid + " (" + command +
              ")");
}

TEST_CASE("a lock is waited for until the deadline, for one second at least and ten at most") {
    for (const auto& [deadline, patience] :
         {std::pair(Deadline::never(), 10000ms), std::pair(Deadline::in(3600s), 10000ms),
          std::pair(Deadline::in(-5s), 1000ms)}) {
        CHECK(deadline.patience(1s, 10s) == patience);
    }
    const auto some = Deadline::in(5s).patience(1s, 10s);
    CHECK(some <= 5s);
    CHECK(some >= 1s);
}

} // namespace ocinet::test
