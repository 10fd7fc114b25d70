// SPDX-License-Identifier: GPL-2.0-or-later
// What comes in clear to an encrypted overlay network, from whoever can send UDP to the host.
#include "tests/policy/sealed.h"
#include "tests/support/catch.h"
#include "tests/support/container.h"
#include "tests/support/host.h"

namespace ocinet::test {

TEST_CASE("nothing comes to an encrypted VXLAN but by the host's WireGuard interface",
          "[CVE-2023-28840]") {
    const Host host;
    const Host stranger;
    host.connect(stranger, "up0", "192.0.2.1/24", "192.0.2.2/24");
    host.connect(stranger, "wg-ocinet", "fd6f:6369::1/32", "fd6f:6369::2/32"); // it is no WireGuard
    host.sh("ip address add 2001:db8::1/64 dev up0 nodad");
    stranger.sh("ip address add 2001:db8::2/64 dev up0 nodad");
    const Container box(host, {{"io.ocinet.network", "bridge"}});
    box.attach(); // brings the policy
    seal(host);
    CHECK(clear_arrivals(host, stranger, "192.0.2.1") == "96");
    CHECK(clear_arrivals(host, stranger, "2001:db8::1") == "96");
    CHECK(clear_arrivals(host, stranger, "fd6f:6369::1") == "95 96");
}

} // namespace ocinet::test
