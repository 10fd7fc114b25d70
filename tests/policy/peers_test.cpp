// SPDX-License-Identifier: GPL-2.0-or-later
// Who may send to an overlay network's tunnels that are not encrypted.
#include "tests/policy/tunnels.h"
#include "tests/support/catch.h"
#include "tests/support/container.h"
#include "tests/support/host.h"

namespace ocinet::test {

TEST_CASE("to a tunnel the other hosts alone may send") {
    const Host host;
    const Host sender;
    host.connect(sender, "up0", "192.0.2.1/24", "192.0.2.2/24");
    host.sh("ip address add 2001:db8::1/64 dev up0 nodad");
    sender.sh("ip address add 2001:db8::2/64 dev up0 nodad");
    const Container box(host, {{"io.ocinet.network", "bridge"}});
    box.attach(); // brings the policy
    const auto arrives = [&](const char* address, unsigned char vni) {
        return tunnel_arrivals(host, sender, address, vni);
    };
    CHECK(arrives("192.0.2.1", guarded) == "98 96");
    guard(host, {"192.0.2.3", "2001:db8::3"});
    CHECK(arrives("192.0.2.1", guarded) == "96");
    CHECK(arrives("2001:db8::1", guarded) == "96");
    guard(host, {"192.0.2.2"});
    CHECK(arrives("192.0.2.1", guarded) == "98 96");
    CHECK(arrives("2001:db8::1", guarded) == "96");
    guard(host, {"2001:db8::2"});
    CHECK(arrives("2001:db8::1", guarded) == "98 96");
    // Who is one network's peer is no other's.
    host.sh("nft add element inet ocinet tunnels '{ 4789 . 95 }'");
    CHECK(arrives("192.0.2.1", 95) == "96");
    CHECK(arrives("2001:db8::1", 95) == "96");
}

TEST_CASE("no container sends to a tunnel, nor in its host's name to another host's") {
    const Host host;
    const Host other;
    host.connect(other, "up0", "192.0.2.1/24", "192.0.2.2/24");
    const Container box(host, {{"io.ocinet.network", "bridge:ip=10.90.0.5"}});
    box.attach();
    CHECK(tunnel_arrivals(host, box, "10.90.0.1", guarded) == "98 96");
    CHECK(tunnel_arrivals(other, box, "192.0.2.2", guarded) == "98 96");
    guard(host, {"10.90.0.5", "192.0.2.2"});
    CHECK(tunnel_arrivals(host, box, "10.90.0.1", guarded) == "96"); // whatever address it has
    CHECK(tunnel_arrivals(other, box, "192.0.2.2", guarded) == "96");
    CHECK(tunnel_arrivals(other, host, "192.0.2.2", guarded) == "98 96");
}

} // namespace ocinet::test
