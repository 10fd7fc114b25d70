// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace ocinet::test {

/// Which of the links that some networks need this kernel cannot make: a bridge that keeps VLANs
/// apart, 802.1Q, ipvlan, WireGuard. Empty when it makes them all, as the guests' kernels do.
std::string missing_for_rare_links();

} // namespace ocinet::test
