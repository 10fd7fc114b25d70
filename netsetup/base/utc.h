// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <ctime>
#include <string>

namespace ocinet {

/// `2026-11-25T02:08:43Z` (RFC 3339).
std::string utc_text(std::time_t time);

} // namespace ocinet
