// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "overlay/config.h"

namespace ocinet::overlay {

/// Gives back the address blocks of a host that will not come back: nothing else does, because its
/// containers may go on while nothing is heard of it. Throws Error, also while the host is there.
/// Returns the keys that are gone.
std::vector<std::string> forget(const Config& config, const std::string& host);

} // namespace ocinet::overlay
