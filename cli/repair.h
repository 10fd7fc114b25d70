// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "netsetup/plan.h"

namespace ocinet::cli {

/// Does again what the kernel lost of an operation, where that is safe: what the host has for the
/// container, not what is inside it. The caller holds the locks of the plan's shared steps. Returns
/// why nothing was done; empty when it was. Throws Error.
std::string repair(const Operation& operation, Context& context);

/// Loads the policy anew, with all that it must hold. The caller holds the host's lock.
/// Returns how many elements it has; none: no container needs it, and nothing was done.
std::size_t reload_policy(const state::Directory& directory, netlink::Socket& route,
                          netlink::Socket& netfilter);

} // namespace ocinet::cli
