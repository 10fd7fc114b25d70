// SPDX-License-Identifier: GPL-2.0-or-later
// What comes in clear to an encrypted overlay network, from whoever can send UDP to the host.
#include "tests/policy/tunnels.h"
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
    CHECK(tunnel_arrivals(host, stranger, "192.0.2.1", encrypted) == "96");
    CHECK(tunnel_arrivals(host, stranger, "2001:db8::1", encrypted) == "96");
    CHECK(tunnel_arrivals(host, stranger, "fd6f:6369::1", encrypted) == "95 96");
}

TEST_CASE("nothing leaves an encrypted VXLAN but by the host's WireGuard interface") {
    const Host host;
    const Host stranger;
    host.connect(stranger, "up0", "192.0.2.1/24", "192.0.2.2/24");
    host.connect(stranger, "wg-ocinet", "fd6f:6369::1/32", "fd6f:6369::2/32");
    const Container box(host, {{"io.ocinet.network", "bridge"}});
    box.attach();
    seal(host);
    CHECK(tunnel_arrivals(stranger, host, "192.0.2.2", encrypted) == "96");
    CHECK(tunnel_arrivals(stranger, host, "fd6f:6369::2", encrypted) == "95 96");
    // As a neighbour's router advertisement would have it.
    stranger.sh("ip address add fd6f:6369:8000::2/33 dev up0 nodad");
    host.sh("ip address add fd6f:6369:8000::1/33 dev up0 nodad");
    CHECK(tunnel_arrivals(stranger, host, "fd6f:6369:8000::2", encrypted) == "96");
    // Or a mark, as somebody else's rule may set it.
    host.sh("ip route add fd6f:6369::2 via fd6f:6369:8000::2 dev up0 table 9 && ip -6 rule add "
            "fwmark 9 table 9 && nft "
            "'add table inet marks; add chain inet marks out { type route hook output priority "
            "mangle; }; add rule inet marks out udp dport 4789 meta mark set 9'");
    CHECK(tunnel_arrivals(stranger, host, "fd6f:6369::2", encrypted) == "96");
}

TEST_CASE("nobody is forwarded by the host's WireGuard interface") {
    const Host host;
    const Host stranger;
    const Host peer;
    host.connect(stranger, "up0", "192.0.2.1/24", "192.0.2.2/24");
    host.connect(peer, "wg-ocinet", "198.51.100.1/24", "198.51.100.2/24");
    host.sh("echo 1 >/proc/sys/net/ipv4/ip_forward");
    stranger.sh("ip route add default via 192.0.2.1");
    peer.sh("ip route add default via 198.51.100.1");
    CHECK(is_forwarded(peer, stranger, host, "198.51.100.2"));
    CHECK(is_forwarded(stranger, peer, host, "192.0.2.2"));
    const Container box(host, {{"io.ocinet.network", "bridge"}});
    box.attach();
    CHECK_FALSE(is_forwarded(peer, stranger, host, "198.51.100.2"));
    CHECK_FALSE(is_forwarded(stranger, peer, host, "192.0.2.2"));
    CHECK_FALSE(is_forwarded(peer, box, host, "198.51.100.2"));
}

} // namespace ocinet::test
