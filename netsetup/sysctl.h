// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace ocinet::sysctl {

/// `sysctl -w net.ipv6.conf.eth0.disable_ipv6=1`; with slashes where the interface's name has dots.
std::string command(const std::string& family, const std::string& interface, const std::string& key,
                    const std::string& value);

/// Switches IPv6 off on one interface, before it is raised, so that it never has a link-local
/// address nor listens to router advertisements. `ipv6_conf`: …/net/ipv6/conf of its namespace, or
/// -1 where the kernel has no IPv6: then there is nothing to do.
void disable_ipv6(int ipv6_conf, const std::string& interface);

/// The host's.
void disable_ipv6(const std::string& interface);

} // namespace ocinet::sysctl
