// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/base/program.h"

#include <sys/wait.h>

#include <cerrno>

#include "netsetup/base/error.h"
#include "tests/support/catch.h"

namespace ocinet::test {

TEST_CASE("a program's words and status") {
    const Ended ended = run_program({"sh", "-c", "echo one; echo two >&2; exit 7"});
    CHECK(ended.status == 7);
    CHECK(ended.said == "one\ntwo\n");
    CHECK(run_program({"sh", "-c", "kill -TERM $$"}).status == 128 + 15);
    CHECK_THROWS_WITH(run_program({"ocinet-no-such-program"}),
                      Catch::Contains("there is no ocinet-no-such-program in /usr/sbin:"));
}

TEST_CASE("a program has nothing of ours but what it is told") {
    CHECK(run_program({"env"}).said == "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n");
    CHECK(run_program({"cat"}).said.empty()); // its stdin is at its end
}

TEST_CASE("a program that does not end by its deadline is killed") {
    const auto soon = Deadline::in(Deadline::Milliseconds(50));
    CHECK_THROWS_WITH(run_program({"sleep", "infinity"}, soon), Catch::EndsWith("does not end"));
    CHECK((::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD));
}

} // namespace ocinet::test
