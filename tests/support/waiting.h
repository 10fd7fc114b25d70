// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "tests/support/process.h"

namespace ocinet::test {

/// Whether it waits for a record lock, as all of ours are.
bool waits_for_lock(const Process& process);

} // namespace ocinet::test
