// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdlib>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace ocinet::test {

namespace {

// tests/vm/init.sh sets it.
std::string missing_for_systemd() {
    return std::getenv("OCINET_GUEST") == nullptr ? "systemd would tidy up this machine" : "";
}

} // namespace

TEST_CASE("systemd keeps a container's DHCP client running", "[guest]") {
    SKIP_IF_MISSING(missing_for_systemd());
    Process script([] {
        exec_shell("exec bash " + (source_directory() / "tests/kernel/systemd_dhcp.sh").string() +
                   " " OCINET_PREFIX);
    });
    const Result result = script.wait(300s);
    CAPTURE(result.out, result.err);
    CHECK(result.status == 0);
    CHECK(result.out.ends_with("address, restart and release under systemd\n"));
}

} // namespace ocinet::test
