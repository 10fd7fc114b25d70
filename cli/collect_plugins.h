// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>

#include "netsetup/host.h"

namespace ocinet::cli {

/// Tells the plugins of every network that has some which containers there are, so that they give
/// up what they hold for others (GC, CNI specification 1.1, section 3). Logs what fails, and
/// returns of how many.
std::size_t collect_plugins(Host& host);

} // namespace ocinet::cli
