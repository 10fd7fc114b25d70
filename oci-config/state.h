// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <map>
#include <string>

namespace ocinet::oci {

using Annotations = std::map<std::string, std::string>;

/// Larger than any runtime's state; the bound keeps a broken caller from filling our memory.
inline constexpr std::size_t max_state_size = 1 << 20;

enum class Stage { prestart, create_runtime, poststop };

/// The stage named in argv: `createRuntime`, `prestart`, `poststop`; throws Error for any other.
Stage parse_stage(const std::string& name);

/// What the runtime writes to a hook's stdin (runtime-spec, "State").
struct State {
    /// Whatever a runtime takes for one: is_container_id() tells whether we can.
    std::string id;
    std::string status;
    /// The container's first process; 0 when it is gone (poststop).
    pid_t pid = 0;
    /// Absolute path of the bundle.
    std::string bundle;
    /// Docker's state has none: absent is empty.
    Annotations annotations;
};

/// Unknown fields are ignored, as the spec asks. Throws Error for what is malformed or does not
/// fit the stage: a set-up needs status creating or created, and a pid.
State parse_state(const std::string& text, Stage stage);

} // namespace ocinet::oci
