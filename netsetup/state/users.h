// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "netsetup/state/directory.h"

/// Who uses a thing that containers share (a bridge, the policy table): users/THING/ID,
/// directories. The last user is the one after whom THING can be removed: never a counter, never a
/// scan. The caller holds the lock that guards the thing.
namespace ocinet::state {

void join(const Directory& directory, const std::string& thing, const std::string& id);

/// True when nobody uses the thing any more. Idempotent.
bool leave(const Directory& directory, const std::string& thing, const std::string& id);

bool has_users(const Directory& directory, const std::string& thing);

} // namespace ocinet::state
