// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

/// Where things are. None of it can be changed by the environment: the hook may be run with the
/// environment of an image (CVE-2025-23266).
namespace ocinet::paths {

/// tmpfs: a reboot clears the kernel's state and ours together.
inline constexpr const char* state = "/run/ocinet";
inline constexpr const char* networks = "/etc/ocinet/networks";
inline constexpr const char* settings = "/etc/ocinet/ocinet.json";

/// Found beside the running program: PREFIX/libexec/ocinet/ocinet-policy
std::string policy_program();
/// PREFIX/libexec/ocinet/ocinet-hook
std::string hook_program();
/// PREFIX/libexec/ocinet/ocinet-dhcp
std::string dhcp_program();
/// PREFIX/libexec/ocinet/ocinet-plugin
std::string plugin_program();
/// PREFIX/libexec/ocinet/ocinet-overlay
std::string overlay_program();
/// PREFIX/share/ocinet/policy.nft
std::string policy_text();

} // namespace ocinet::paths
