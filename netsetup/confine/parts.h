// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/confine.h"

/// The steps of confine(), in their order. Each throws Error.
namespace ocinet {

/// A sanitizer, and what counts coverage, open files and make system calls of their own.
#if defined(OCINET_INSTRUMENTED)
inline constexpr bool is_instrumented = true;
#else
inline constexpr bool is_instrumented = false;
#endif

void keep_capabilities(const std::vector<int>& kept);
void restrict_paths(Confined who);
void restrict_changes(const char* directory);
void restrict_system_calls(Confined who);

} // namespace ocinet
