// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/base/deadline.h"
#include "oci-config/state.h"

namespace ocinet::hook {

/// poststop: takes away what attach() gave. A container that has nothing of ours is success; so is
/// whatever is gone already. Throws Error for what could not be removed: `ocinet gc` tries again.
void detach(const oci::State& state, Deadline deadline);

} // namespace ocinet::hook
