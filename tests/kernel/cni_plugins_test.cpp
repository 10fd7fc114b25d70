// SPDX-License-Identifier: GPL-2.0-or-later
// The plugins of the distribution's package, one by one: what each of them does comes about, and
// goes.
#include <nlohmann/json.hpp>

#include "tests/kernel/scene.h"
#include "tests/support/catch.h"
#include "tests/support/dhcp_lan.h"
#include "tests/support/rare_links.h"
#include "tests/support/snapshot.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

// Its files would be the machine's.
const json leases{
    {"type", "host-local"}, {"dataDir", "/run/cni"}, {"ranges", {{{{"subnet", "10.7.0.0/24"}}}}}};

json network(const json& plugins) {
    return {{"driver", "cni"}, {"conflist", {{"cniVersion", "1.0.0"}, {"plugins", plugins}}}};
}

/// Plugins, and commands that succeed while the container is attached: on the host, in it.
struct Chain {
    const char* name;
    json plugins;
    std::string on_host;
    std::string in_container;
};

const json ptp{{"type", "ptp"}, {"ipam", leases}};

std::vector<Chain> chains() {
    return {
        {"static",
         {{{"type", "ptp"},
           {"ipam",
            {{"type", "static"},
             {"addresses", {{{"address", "10.7.0.2/24"}, {"gateway", "10.7.0.1"}}}}}}}},
         "ip route get 10.7.0.2 | grep -v via",
         "true"},
        {"firewall",
         {{{"type", "bridge"}, {"bridge", "pods0"}, {"ipam", leases}},
          {{"type", "firewall"}, {"backend", "iptables"}}},
         "iptables-save | grep -- '-s 10.7.0.2/32 -j ACCEPT'",
         "true"},
    };
}

std::vector<Chain> chains_of_rare_links() {
    return {
        {"vlan",
         {{{"type", "vlan"}, {"master", "lan0"}, {"vlanId", 50}, {"ipam", leases}}},
         "true",
         "ip -d link show eth0 | grep 'vlan protocol 802.1Q id 50'"},
        {"ipvlan",
         {{{"type", "ipvlan"}, {"master", "lan0"}, {"mode", "l3"}, {"ipam", leases}}},
         "true",
         "ip -d link show eth0 | grep 'ipvlan  *mode l3'"},
        {"vrf",
         {ptp, {{"type", "vrf"}, {"vrfname", "blue"}}},
         "true",
         "ip link show eth0 | grep 'master blue'"},
        {"bandwidth",
         {ptp,
          {{"type", "bandwidth"},
           {"ingressRate", 8000000},
           {"ingressBurst", 80000},
           {"egressRate", 8000000},
           {"egressBurst", 80000}}},
         "tc qdisc show | grep -c 'tbf .*rate 8Mbit' | grep 2",
         "true"},
    };
}

void check_chain(const Chain& chain) {
    CAPTURE(chain.name);
    const Host host;
    const Host outside;
    host.connect(outside, "lan0", "192.0.2.1/24");
    host.write_network("web", network(chain.plugins));
    const std::string links = host.sh("ip -br link show type ifb 2>/dev/null || true");
    const Container box(host, {{"io.ocinet.network", "web"}});
    const json attached = only_attachment(box.attach());
    CHECK(attached["addresses"] == json{"10.7.0.2/24"});
    CHECK(addresses(link(box, "eth0")) == std::vector<std::string>{"10.7.0.2/24"});
    CHECK(host.run(chain.on_host).status == 0);
    CHECK(box.run(chain.in_container).status == 0);
    box.detach();
    CHECK(leftovers(host).empty());
    CHECK(box.run("ip link show eth0").status != 0);
    CHECK((chain.on_host == "true" || host.run(chain.on_host).status != 0));
    CHECK(host.sh("ip -br link show type ifb 2>/dev/null || true") == links);
}

} // namespace

TEST_CASE("cni: each of the distribution's plugins") {
    for (const auto& chain : chains()) {
        check_chain(chain);
    }
}

TEST_CASE("cni: each of the distribution's plugins that need links which not every kernel makes",
          "[guest]") {
    SKIP_IF_MISSING(missing_for_rare_links());
    for (const auto& chain : chains_of_rare_links()) {
        check_chain(chain);
    }
}

TEST_CASE("cni: the plugin dhcp gets its addresses from a server, and gives them back") {
    const Host host;
    DhcpLan lan(host);
    lan.start_server("192.0.2.50,192.0.2.50");
    host.sh("mkdir -p /run/cni");
    const Process daemon = host.start("exec /usr/lib/cni/dhcp daemon");
    CHECK(eventually([&] { return host.run("test -S /run/cni/dhcp.sock").status == 0; }));
    host.write_network(
        "web", network(json::array(
                   {{{"type", "macvlan"}, {"master", "lan0"}, {"ipam", {{"type", "dhcp"}}}}})));
    const Container box(host, {{"io.ocinet.network", "web"}});
    const json attached = only_attachment(box.attach());
    CHECK(attached["addresses"] == json{"192.0.2.50/24"});
    CHECK(attached["gateways"] == json{"192.0.2.1"});
    CHECK(reaches(box, "192.0.2.1"));
    box.detach();
    CHECK(leftovers(host).empty());
    CHECK(lan.server_says("DHCPRELEASE"));
}

} // namespace ocinet::test
