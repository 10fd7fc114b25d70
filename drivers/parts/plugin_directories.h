// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "netsetup/base/plugin_path.h"
#include "netsetup/base/text.h"

namespace ocinet::drivers {

/// Those of paths::cni_plugins.
inline std::vector<std::string> cni_directories() {
    const auto parts = split(paths::cni_plugins, ':');
    return {parts.begin(), parts.end()};
}

/// Where netavark looks, as containers-common's netavark_plugin_dirs has it.
inline const std::vector<std::string> netavark_directories{
    "/usr/local/libexec/netavark", "/usr/libexec/netavark", "/usr/local/lib/netavark",
    "/usr/lib/netavark"};

} // namespace ocinet::drivers
