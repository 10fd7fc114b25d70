// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"
#include "tests/support/host.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace ocinet::test {

TEST_CASE("systemd keeps a container's DHCP client running", "[guest]") {
    if (!is_guest()) {
        SKIP("systemd would tidy up this machine");
    }
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
