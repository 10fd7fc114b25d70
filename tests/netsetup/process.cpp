// SPDX-License-Identifier: GPL-2.0-or-later
// Whether a process that was seen once is still there.
#include "netsetup/process.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/process.h"

namespace ocinet::test {

TEST_CASE("a process is alive until it has ended") {
    CHECK(is_alive(*identity_of(::getpid())));
    Process child([] { ::pause(); });
    const auto identity = identity_of(child.pid());
    REQUIRE(identity);
    CHECK(is_alive(*identity));
    child.signal(SIGKILL);
    child.wait();
    CHECK_FALSE(is_alive(*identity));
}

TEST_CASE("a process whose number is a thread's by now has ended") {
    std::promise<pid_t> number;
    std::promise<void> end;
    std::thread thread([&] {
        number.set_value(pid_t(::syscall(SYS_gettid)));
        end.get_future().wait();
    });
    const pid_t tid = number.get_future().get();
    CHECK(tid != ::getpid());
    CHECK_FALSE(is_alive({.pid = tid, .start_time = 1}));
    end.set_value();
    thread.join();
}

} // namespace ocinet::test
