// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "netsetup/foreign/finding.h"
#include "netsetup/state/directory.h"

/// What is allowed in the firewalls of others on request: each command stands with its inverse in
/// /run/ocinet/allowances.json before it is run. The caller holds the lock of allowances.
namespace ocinet::cli {

/// Runs the commands that are not in effect yet, and returns them. Throws Error; what was done
/// before stays, and is in the journal.
std::vector<foreign::Command> allow(const state::Directory& directory,
                                    const std::vector<foreign::Finding>& findings);

/// Takes back what the journal lists, newest first, as far as it is still in effect, and returns
/// the commands that it ran. Throws Error; what was not taken back stays in the journal.
std::vector<foreign::Command> take_back(const state::Directory& directory);

} // namespace ocinet::cli
