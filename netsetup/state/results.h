// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "netsetup/state/directory.h"

/// What others' plugins answered when they made a container's interface, as they said it:
/// results/ID/INTERFACE.json, replaced as a whole. They are told of it when it is checked and when
/// it goes. The caller holds the container's lock.
namespace ocinet::state {

/// The ID for what they answered of a network, which is no container's: those have no ':'. Then the
/// network's lock guards it.
inline std::string results_of_network(const std::string& network) {
    return "network:" + network;
}

/// The INTERFACE, which is no interface's name, for the last answer of a plugin that has given
/// something to the container, or taken it back: ocinet-plugin writes it, under its own lock, so
/// that a hook that is killed before it has read it does not lose it (docker_plugin.h: Kept).
inline constexpr const char* kept_answer = ":answer";

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
