// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/base/error.h"
#include "shim/command_line.h"

namespace ocinet::shim {

/// Says it on stderr, and as the runtime would in the file that --log names, by --log-format:
/// containerd and dockerd show their user the last error there.
void report(const CommandLine& line, const Error& error);

} // namespace ocinet::shim
