// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace ocinet::paths {

/// CNI_PATH: where those who bring their own CNI plugins put them, and where distributions have
/// them.
inline constexpr const char* cni_plugins = "/opt/cni/bin:/usr/lib/cni:/usr/libexec/cni";

} // namespace ocinet::paths
