// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "shim/command_line.h"

namespace ocinet::shim {

/// The real runtime's path. Of a container that is there, the one that made it: crun and runc
/// cannot read each other's state. Else what `file` says, an object with the key `runtime`, or the
/// first of crun and runc in /usr/sbin, /usr/bin, /sbin, /bin. Throws Error where there is none, or
/// where it is this program itself.
std::string real_runtime(const CommandLine& line, const std::string& file);

} // namespace ocinet::shim
