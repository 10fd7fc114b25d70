// SPDX-License-Identifier: GPL-2.0-or-later
// Ports published on 127.0.0.1, and containers' own addresses, after others meddled with the
// firewall, as a firewall manager's reload does: the LAN still does not reach them.
#include "tests/support/catch.h"

#include <sys/socket.h>

#include "tests/policy/rows.h"

namespace ocinet::test {

namespace {

constexpr Milliseconds patience = 5s;

// Those about 127.0.0.1, crafted packets and the way around the translation; and that the host
// itself reaches what was published on 127.0.0.1.
std::vector<Row> local_rows() {
    std::vector<Row> rows = rows_of(AF_INET);
    std::erase_if(rows, [](const Row& row) {
        return row.to.find("127.0.0.1") == std::string::npos &&
               row.what.find("crafted") == std::string::npos &&
               row.what.find("routed: no") == std::string::npos;
    });
    return rows;
}

std::string wrong_now(const Layout& layout) {
    return mismatches(local_rows(), try_rows(layout, local_rows(), patience));
}

} // namespace

TEST_CASE("what was published on 127.0.0.1 stays closed to the LAN after a flush and a reload",
          "[CVE-2025-54388]") {
    const Layout layout;
    REQUIRE(local_rows().size() > 15);
    layout.host().sh("nft flush ruleset");
    // The control: the packets do arrive where nothing stops them.
    CHECK(wrong_now(layout) != nothing_wrong);
    layout.host().sh(cli_program() + " reload");
    CHECK(wrong_now(layout) == nothing_wrong);
}

TEST_CASE("what was published on 127.0.0.1 stays closed to the LAN after iptables is flushed",
          "[CVE-2025-54388]") {
    const std::string iptables = GENERATE("iptables-nft", "iptables-legacy");
    CAPTURE(iptables);
    const Layout layout;
    const Result usable = layout.host().run(iptables + " -t nat -L && " + iptables + " -L");
    if (usable.status != 0) {
        SKIP(iptables + " does not work on this kernel");
    }
    for (const char* table : {"filter", "nat"}) {
        for (const char* command : {" -F", " -X", " -Z"}) {
            layout.host().sh(iptables + " -t " + table + command);
        }
    }
    layout.host().sh(iptables + " -P FORWARD ACCEPT; " + iptables + " -P INPUT ACCEPT");
    CHECK(wrong_now(layout) == nothing_wrong);
}

} // namespace ocinet::test
