// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "oci-config/bundle.h"
#include "oci-config/settings.h"
#include "shim/injection.h"

namespace ocinet::shim {

/// What the container's config.json must hold for what it asks for, by annotations or by Docker's
/// labels (an annotation counts for more than a label of its name); nothing when it asks for
/// nothing. Throws Error for what cannot be asked, or may not: an image asks for the host's
/// network, or the administrator does not allow it (Settings::host).
std::optional<Injection> injection_for(const oci::Settings& settings, const oci::Bundle& bundle,
                                       const std::string& id);

} // namespace ocinet::shim
