// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "netsetup/host.h"

namespace ocinet::cli {

/// Removes the network's file, unless a container uses it; then, and for a built-in network, throws
/// an Error that names the users. What dead containers have of it is taken back first.
void remove_network(const std::string& name, Host& host);

} // namespace ocinet::cli
