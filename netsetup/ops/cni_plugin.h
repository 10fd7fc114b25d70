// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/operation.h"

namespace ocinet::ops {

/// One of the plugins that make a container's interface together, called as the CNI specification
/// 1.1 has it (section 3): they stand in the plan in their order, and are taken back in the reverse
/// one. What comes of the host and of the container is the plugin's.
struct CniPlugin {
    static constexpr const char* journal_name = "cni-plugin";

    std::string container;
    std::string interface;
    std::string program;
    /// What it reads, as JSON, but for prevResult.
    std::string config;
    /// What the plugins before it said is passed on.
    bool first = true;
    /// Its version of the specification has STATUS; has CHECK, and the list does not forbid it.
    bool has_status = false;
    bool has_check = false;
};

/// Undo: DEL, which the specification has idempotent, also where ADD failed or was never made, with
/// no network namespace where the container's is gone.
OCINET_OPERATION(CniPlugin)

} // namespace ocinet::ops
