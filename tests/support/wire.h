// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>

/// What hosts in tests have on a wire.
namespace ocinet::test {

/// On a host, as sh runs it: the parent of macvlans, with a cable behind it, and without IPv6,
/// whose addresses would come by and by.
inline const std::string lan0 =
    "ip link add lan0 address 02:00:00:00:00:05 type veth peer name lan1 address "
    "02:00:00:00:00:06; for i in lan0 lan1; do s=/proc/sys/net/ipv6/conf/$i/disable_ipv6; "
    "[ ! -e $s ] || echo 1 >$s; ip link set $i up; done";

/// A network file: two plugins of CNI's make a macvlan on lan0. Their files would be the machine's
/// elsewhere.
inline nlohmann::json by_plugins() {
    const nlohmann::json macvlan{{"type", "macvlan"},
                                 {"master", "lan0"},
                                 {"ipam",
                                  {{"type", "host-local"},
                                   {"dataDir", "/run/cni"},
                                   {"ranges", {{{{"subnet", "10.7.0.0/24"}}}}}}},
                                 {"capabilities", {{"ips", true}, {"mac", true}}}};
    const nlohmann::json tuning{{"type", "tuning"}, {"mtu", 1400}};
    return {{"driver", "cni"},
            {"conflist", {{"cniVersion", "1.0.0"}, {"plugins", {macvlan, tuning}}}}};
}

} // namespace ocinet::test
