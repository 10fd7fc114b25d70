// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "drivers/driver.h"

namespace ocinet::drivers {

/// What it takes for the host to forward a family without becoming its neighbours' router.
ops::EnableForwarding wanted_forwarding(const HostView& view, int family);

} // namespace ocinet::drivers
