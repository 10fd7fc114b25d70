// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

/// Settings of one interface (Documentation/networking/ip-sysctl.rst). They are set between an
/// interface's creation and its being up.
namespace ocinet::sysctl {

struct Setting {
    std::string key;
    std::string value;
};

/// `sysctl -w net.ipv6.conf.eth0.disable_ipv6=1`; with slashes where the interface's name has dots.
std::string command(const std::string& family, const std::string& interface, const std::string& key,
                    const std::string& value);

/// IPv6 on: without router advertisements (unless they are wanted: `slaac`), from which anybody on
/// the link could give the interface addresses and a default route (CVE-2020-10749). Off: no
/// link-local address either.
std::vector<Setting> ipv6_settings(bool on, bool slaac = false);

/// The commands that set_ipv6() equals.
std::vector<std::string> ipv6_commands(const std::string& interface,
                                       const std::vector<Setting>& settings);

/// `ipv6_conf`: …/net/ipv6/conf of the interface's namespace, or -1 where the kernel has no IPv6:
/// then there is nothing to do.
void set_ipv6(int ipv6_conf, const std::string& interface, const std::vector<Setting>& settings);

/// The host's.
void set_ipv6(const std::string& interface, const std::vector<Setting>& settings);

} // namespace ocinet::sysctl
