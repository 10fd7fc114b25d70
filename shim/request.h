// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "shim/injection.h"

namespace ocinet::shim {

/// What a container's config.json must hold for what it asks for, by annotations or by Docker's
/// labels (an annotation counts for more than a label of its name); nothing when it asks for
/// nothing: then neither the file nor any of ours needs to be right. `directory` is the bundle's,
/// `settings` the file of oci::Settings. Throws Error for what cannot be asked, or may not: an
/// image asks for the host's network, or the administrator does not allow it (oci::Settings::host),
/// or the engine gives the container a network of its own.
std::optional<Injection> injection_for(const std::string& config, const std::string& directory,
                                       const std::string& id, const std::string& settings);

} // namespace ocinet::shim
