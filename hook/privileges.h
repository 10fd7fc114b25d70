// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace ocinet::hook {

/// The capabilities, paths and system calls that each phase of a call has, for a person to read.
std::string privileges();

} // namespace ocinet::hook
