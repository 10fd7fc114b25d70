// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "netsetup/base/fd.h"

/// Where ocinet-overlay keeps what is this host's own: its instance, its key, and what it knows of
/// networks (/var/lib/ocinet/overlay).
namespace ocinet::overlay {

/// The directory, which is there. Throws Error.
Fd open_own(const std::string& directory);

/// By which the others tell it from another host of the same name; made once, with the directory,
/// and kept: a host that comes back is the one it was. Throws Error.
std::string own_instance(const std::string& directory);

} // namespace ocinet::overlay
