// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace ocinet::shim {

/// The real runtime's path: what FILE says, an object with the key `runtime`, or the first of crun
/// and runc in /usr/sbin, /usr/bin, /sbin, /bin. Throws Error where there is none, or where it is
/// this program itself.
std::string real_runtime(const std::string& file);

} // namespace ocinet::shim
