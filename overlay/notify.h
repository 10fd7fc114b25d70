// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

namespace ocinet::overlay {

/// Tells who started us, by the socket that NOTIFY_SOCKET names: `READY=1`, `STATUS=…`
/// (sd_notify(3), whose section Notes calls the protocol stable). Nobody, where there is none:
/// libsystemd, and what it brings along, is not on every host.
void notify(std::string_view message);

} // namespace ocinet::overlay
