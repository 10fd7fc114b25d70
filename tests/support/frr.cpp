// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/frr.h"

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"

namespace ocinet::test {

namespace {

std::string address(int number) {
    return "192.0.2." + std::to_string(number);
}

std::string configuration(int number, int hosts) {
    std::string session;
    std::string family;
    for (int other = 1; other <= hosts; ++other) {
        if (other != number) {
            session += " neighbor " + address(other) + " remote-as 65000\n neighbor " +
                       address(other) + " timers connect 1\n";
            family += "  neighbor " + address(other) + " activate\n";
        }
    }
    return "router bgp 65000\n bgp router-id " + address(number) +
           "\n no bgp default ipv4-unicast\n" + session + " address-family l2vpn evpn\n" + family +
           "  advertise-all-vni\n exit-address-family\n";
}

} // namespace

Frr::Frr(const Underlay& net, int number, int hosts) : host_(net.host(number)) {
    // Where it leaves its traces, whatever it is told.
    host_.sh("mount -t tmpfs tmpfs /var/tmp; mkdir /run/frr; chown frr:frr /run/frr");
    host_.write("/run/frr/zebra.conf", "");
    host_.write("/run/frr/bgpd.conf", configuration(number, hosts));
}

void Frr::start() {
    zebra_.emplace(host_.start("exec /usr/lib/frr/zebra -f /run/frr/zebra.conf"));
    wait_for("vtysh -d zebra -c 'show ip route connected' | grep -q 192.0.2.0/24");
    bgpd_.emplace(host_.start("exec /usr/lib/frr/bgpd -f /run/frr/bgpd.conf"));
}

void Frr::wait_for(const std::string& command) const {
    if (!eventually([&] { return host_.run(command).status == 0; })) {
        throw Error("FRR does not start: " + command + ": " + zebra_->err() +
                    (bgpd_ ? bgpd_->err() : ""));
    }
}

void Frr::stop() {
    bgpd_.reset();
    zebra_.reset();
}

std::string Frr::ask(const std::string& command) const {
    return host_.sh("vtysh -c " + shell_word(command));
}

std::string missing_for_frr() {
    return Host().run("test -x /usr/lib/frr/bgpd && command -v vtysh").status == 0 ? "" : "no FRR";
}

} // namespace ocinet::test
