// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "netsetup/host.h"
#include "netsetup/record.h"

namespace ocinet {

/// Opens all that the plan's operations need, as long as we have the privilege; `netns` is the
/// container's. Throws Error.
Context acquire(Host& host, const Record& record, Fd netns);

/// The network namespace that the record tells of, by whichever way it still leads there; empty
/// when it is gone.
Fd open_netns(const Record& record);

/// Opens what undoing a record's plan needs; of the container's only what outlives it. What is gone
/// is left out.
Context acquire_for_undo(Host& host, const Record& record);

} // namespace ocinet
