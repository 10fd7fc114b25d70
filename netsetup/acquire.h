// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "netsetup/host.h"
#include "netsetup/plan.h"

namespace ocinet {

/// Opens all that the plan's operations need, as long as we have the privilege; `netns` is the
/// container's. Throws Error.
Context acquire(Host& host, const std::string& container_id, const Plan& plan, Fd netns);

/// Opens what undoing the plan needs: nothing of the container's. What is gone is left out.
Context acquire_for_undo(Host& host, const std::string& container_id, const Plan& plan);

} // namespace ocinet
