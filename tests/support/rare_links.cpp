// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/rare_links.h"

#include "tests/support/host.h"

namespace ocinet::test {

std::string missing_for_rare_links() {
    const Host host;
    host.sh("ip link add lan0 type veth peer name lan1");
    for (const std::string link :
         {"bridge vlan_filtering 1", "vlan id 50", "ipvlan", "wireguard"}) {
        const bool is_above = link.starts_with("vlan") || link.starts_with("ipvlan");
        const std::string below = is_above ? "link lan0 " : "";
        if (host.run("ip link add probe " + below + "type " + link + " && ip link del probe")
                .status != 0) {
            return "this kernel makes no link of type " + link;
        }
    }
    return "";
}

} // namespace ocinet::test
