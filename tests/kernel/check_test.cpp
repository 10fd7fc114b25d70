// SPDX-License-Identifier: GPL-2.0-or-later
// Each operation's check: silent after an attach, and after any damage a line that names it.
#include <iterator>
#include <regex>

#include "netsetup/base/text.h"
#include "tests/kernel/sample.h"
#include "tests/kernel/scene.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

struct Damage {
    // Run on the host, or in the container; HOST_END, GATEWAY, ID and HOSTS are replaced.
    enum class Where { host, container };
    Where where;
    const char* command;
    // What a difference must say.
    const char* named;
};

constexpr auto host_side = Damage::Where::host;
constexpr auto container_side = Damage::Where::container;

constexpr Damage damages[] = {
    // leases
    {host_side, "rm /run/ocinet/networks/bridge/10.90.0.0/leases/10.90.0.2", "10.90.0.2"},
    {host_side, "ln -sfn other /run/ocinet/networks/bridge/10.90.0.0/leases/10.90.0.2",
     "leased to other"},
    {host_side, "rm /run/ocinet/ports/tcp/8080/0.0.0.0", "8080"},
    {host_side, "rm /run/ocinet/ports/udp-ranges/9000-9002/0.0.0.0", "9000"},
    // policy
    {host_side, "nft delete table inet ocinet", "table inet or bridge ocinet is missing"},
    {host_side, "nft delete table bridge ocinet", "table inet or bridge ocinet is missing"},
    {host_side,
     "nft delete table inet ocinet; nft add table inet ocinet '{ comment \"policy 0\"; }'",
     "policy 0"},
    {host_side, "nft delete element inet ocinet bridges '{ ocinet0 }'", "inet ocinet bridges"},
    {host_side, "nft delete element inet ocinet same '{ ocinet0 . ocinet0 }'", "same"},
    {host_side, "nft delete element inet ocinet masq4 '{ 10.90.0.0/16 }'", "masq4"},
    {host_side, "nft delete element inet ocinet hairpin4 '{ 10.90.0.0/16 . 10.90.0.0/16 }'",
     "hairpin4"},
    {host_side, "nft delete element inet ocinet guarded4 '{ out0 }'", "guarded4"},
    {host_side, "nft delete element inet ocinet foreign4 '{ out0 }'", "foreign4"},
    {host_side, "nft delete element inet ocinet bridged4 '{ out0 . out0 }'", "bridged4"},
    // forwarding
    {host_side, "echo 0 >/proc/sys/net/ipv4/ip_forward", "ip_forward"},
    // the bridge
    {host_side, "ip link delete ocinet0", "bridge ocinet0 is missing"},
    {host_side, "ip link set ocinet0 down", "ocinet0 is down"},
    {host_side, "ip link set ocinet0 alias other", "alias"},
    {host_side, "ip link set ocinet0 mtu 1400", "mtu 1400"},
    {host_side, "ip link set ocinet0 address 02:00:00:00:00:01", "02:00:00:00:00:01"},
    {host_side, "ip address flush dev ocinet0", "10.90.0.1/16"},
    {host_side, "echo 0 >/proc/sys/net/ipv4/conf/ocinet0/route_localnet", "route_localnet"},
    {host_side, "echo 0 >/proc/sys/net/ipv4/conf/ocinet0/forwarding", "ocinet0 does not forward"},
    {host_side, "echo 0 >/proc/sys/net/ipv6/conf/ocinet0/disable_ipv6", "IPv6"},
    // the host's end
    {host_side, "ip link delete HOST_END", "HOST_END"},
    {host_side, "ip link set HOST_END down", "HOST_END is down"},
    {host_side, "ip link set HOST_END alias other", "other"},
    {host_side, "ip link set HOST_END mtu 1400", "HOST_END has mtu 1400"},
    {host_side, "ip link set HOST_END address 02:00:00:00:00:01", "02:00:00:00:00:01"},
    {host_side, "ip link set HOST_END nomaster", "no port of ocinet0"},
    {host_side, "bridge link set dev HOST_END hairpin off", "hairpin"},
    {host_side, "echo 0 >/proc/sys/net/ipv6/conf/HOST_END/disable_ipv6", "IPv6"},
    // inside the container
    {container_side, "ip link set lo down", "lo is down"},
    {container_side, "ip link delete eth0", "eth0"},
    {container_side, "ip link set eth0 name eth9", "eth0"},
    {container_side, "ip link set eth0 down", "eth0 is down"},
    {container_side, "ip link set eth0 mtu 1400", "mtu 1400"},
    {container_side, "ip link set eth0 address 02:00:00:00:00:01", "02:00:00:00:00:01"},
    {container_side, "ip address delete 10.90.0.2/16 dev eth0", "10.90.0.2/16"},
    {container_side, "ip route delete default", "0.0.0.0/0"},
    {container_side, "ip route replace default via 10.90.0.9", "0.0.0.0/0"},
    {container_side, "echo 0 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6", "IPv6"},
    // published ports
    {host_side, "nft delete element inet ocinet any4 '{ tcp . 8080 }'", "any4"},
    {host_side,
     "nft delete element inet ocinet any4 '{ tcp . 8080 }'; nft add element inet ocinet any4 "
     "'{ tcp . 8080 : 10.90.0.9 . 80 }'",
     "any4"},
    {host_side, "nft delete element inet ocinet range4 '{ udp . 9000-9002 }'", "range4"},
    // names
    {host_side, "rm HOSTS", "HOSTS"},
    {host_side, "sed -i /host.docker.internal/d HOSTS", "host.docker.internal"},
    {host_side, "sed -i /box/d HOSTS", "box"},
};

std::string filled_in(std::string text, Container& box, const std::string& host_end) {

    text = std::regex_replace(text, std::regex("HOST_END"), host_end);
    return std::regex_replace(text, std::regex("HOSTS"), box.bundle().hosts_path());
}

} // namespace

TEST_CASE("check names what was damaged") {
    const Damage damage =
        GENERATE(from_range(sampled(std::vector(std::begin(damages), std::end(damages)), 6)));
    CAPTURE(damage.command);
    const Host host;
    // An interface to be guarded: forwarding is off in a new namespace, so ours turns it on.
    host.sh("ip link add name out0 type bridge");
    Container box(host, published);
    const std::string host_end = only_attachment(box.attach())["host_interface"];
    REQUIRE(differences(host, box).empty());
    const std::string command = filled_in(damage.command, box, host_end);
    damage.where == host_side ? host.sh(command) : box.sh(command);
    std::vector<std::string> found;
    try {
        found = differences(host, box);
    } catch (const std::exception& error) {
        found = {std::string("(not a difference but an exception) ") + error.what()};
        // Opening a file that is gone is acquire()'s, not check()'s: that it is named is enough.
        CHECK(std::string(damage.command) == "rm HOSTS");
    }
    CHECK_FALSE(found.empty());
    CHECK_THAT(join(found, "\n"), contains(filled_in(damage.named, box, host_end)));
    // Still all of it can be undone, but for a bridge that is not ours any more, and that is said.
    const bool taken_over = command == "ip link set ocinet0 alias other";
    const Result result = box.hook("poststop");
    CHECK(result.status == 0);
    CHECK(result.err.empty() == !taken_over);
}

} // namespace ocinet::test
