// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/sysctl.h"

#include <fcntl.h>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"

namespace ocinet::sysctl {

std::string command(const std::string& family, const std::string& interface, const std::string& key,
                    const std::string& value) {
    const char* separator = interface.find('.') == std::string::npos ? "." : "/";
    std::string text = "sysctl -w net";
    for (const auto& part : {family, std::string("conf"), interface, key}) {
        text += separator + part;
    }
    return text + "=" + value;
}

std::vector<Setting> ipv6_settings(bool on, bool slaac) {
    if (!on) {
        return {{"disable_ipv6", "1"}};
    }
    const char* const routers = slaac ? "1" : "0";
    return {{"accept_ra", routers}, {"autoconf", routers}, {"disable_ipv6", "0"}};
}

std::vector<std::string> ipv6_commands(const std::string& interface,
                                       const std::vector<Setting>& settings) {
    std::vector<std::string> commands;
    commands.reserve(settings.size());
    for (const auto& setting : settings) {
        commands.push_back(command("ipv6", interface, setting.key, setting.value));
    }
    return commands;
}

void set_ipv6(int ipv6_conf, const std::string& interface, const std::vector<Setting>& settings) {
    if (ipv6_conf < 0) {
        return;
    }
    for (const auto& setting : settings) {
        write_setting(ipv6_conf, interface + "/" + setting.key, setting.value);
    }
}

void set_ipv6(const std::string& interface, const std::vector<Setting>& settings) {
    const Fd conf(::open("/proc/sys/net/ipv6/conf", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!conf && errno != ENOENT) {
        throw_errno("open /proc/sys/net/ipv6/conf");
    }
    set_ipv6(conf.get(), interface, settings);
}

} // namespace ocinet::sysctl
