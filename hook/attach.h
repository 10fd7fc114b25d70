// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/base/deadline.h"
#include "oci-config/state.h"

namespace ocinet::hook {

/// createRuntime, prestart: gives the container what its annotations ask for, or throws Error and
/// leaves the host as it was. Prints the result on stdout. Once only, when called twice.
void attach(const oci::State& state, Deadline deadline);

} // namespace ocinet::hook
