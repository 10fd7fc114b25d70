// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/containers.h"
#include "netsetup/host.h"

namespace ocinet::cli {

/// What the kernel has otherwise than a container's plan says.
struct Difference {
    /// `network "web" (bridge): bridge oc-web is down`
    std::string text;
    /// Why it was not repaired; empty when nobody was to repair it.
    std::string unrepaired;
};

struct Checked {
    std::string id;
    std::string name;
    Life life = Life::running;
    /// What there is to say of one that does not run: `its process 123 is gone`.
    std::string note;
    std::vector<Difference> differences;
    /// Differences that are no more.
    std::vector<std::string> repaired;
};

/// Compares the container's plan with the kernel, and where `mend` says so, repairs what can safely
/// be repaired. Waits for whoever is at work on the container. Nothing when it has no record (any
/// more); throws Error.
std::optional<Checked> check_container(const std::string& id, Host& host, bool mend);

} // namespace ocinet::cli
