// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

namespace ocinet::drivers {

/// CNI_PATH: where those who bring their own plugins put them, and where distributions have them.
inline const std::vector<std::string> cni_directories{"/opt/cni/bin", "/usr/lib/cni",
                                                      "/usr/libexec/cni"};

/// Where netavark looks, as containers-common's netavark_plugin_dirs has it.
inline const std::vector<std::string> netavark_directories{
    "/usr/local/libexec/netavark", "/usr/libexec/netavark", "/usr/local/lib/netavark",
    "/usr/lib/netavark"};

} // namespace ocinet::drivers
