// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "oci-config/network.h"

namespace ocinet::oci {

/// The member `options` of a network file: those of Podman's driver of this name, and ours. Throws
/// Error for an option that the driver does not know, or whose value is none.
void read_options(const nlohmann::json& options, const std::string& name, Network& network);

} // namespace ocinet::oci
