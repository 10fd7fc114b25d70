// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/operation.h"

namespace ocinet::ops {

/// A plugin of netavark's makes a container's interface (netavark, plugin-API.md, version 1.0.0).
/// What comes of the host and of the container is the plugin's.
struct NetavarkPlugin {
    static constexpr const char* journal_name = "netavark-plugin";

    std::string container;
    std::string interface;
    std::string program;
    /// What it reads, as JSON: the network, and what the container asks for.
    std::string input;
};

/// Undo: teardown, also where setup failed or was never called, without a path where the
/// container's network namespace is gone.
OCINET_OPERATION(NetavarkPlugin)

} // namespace ocinet::ops
