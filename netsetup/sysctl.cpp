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

void disable_ipv6(int ipv6_conf, const std::string& interface) {
    if (ipv6_conf >= 0) {
        write_setting(ipv6_conf, interface + "/disable_ipv6", "1");
    }
}

void disable_ipv6(const std::string& interface) {
    const Fd conf(::open("/proc/sys/net/ipv6/conf", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!conf && errno != ENOENT) {
        throw_errno("open /proc/sys/net/ipv6/conf");
    }
    disable_ipv6(conf.get(), interface);
}

} // namespace ocinet::sysctl
