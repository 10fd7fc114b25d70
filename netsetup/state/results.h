// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "netsetup/state/directory.h"

/// What others' plugins answered when they made a container's interface, as they said it:
/// results/ID/INTERFACE.json, replaced as a whole. They are told of it when it is checked and when
/// it goes. The caller holds the container's lock.
namespace ocinet::state {

/// As much as a plugin may say.
inline constexpr std::size_t largest_result = 1 << 20;

/// Nothing when there is none.
std::optional<std::string> read_result(const Directory& directory, const std::string& id,
                                       const std::string& interface);
void write_result(const Directory& directory, const std::string& id, const std::string& interface,
                  const std::string& result);
/// Idempotent; the last one of a container removes its directory.
void remove_result(const Directory& directory, const std::string& id, const std::string& interface);

} // namespace ocinet::state
