// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "netsetup/plan.h"

namespace ocinet {

/// Runs the steps in order; none begins behind the deadline. The first that fails ends it: the
/// Error names the network and the command that the failed part equals.
void apply_steps(const std::vector<Step>& steps, Context& context);

/// Undoes a step and looks whether nothing of it is left. What failed, or is still there, is
/// returned, a line each.
std::vector<std::string> undo_step(const Step& step, Context& context, Undo why);

/// The same for all of them, newest first. A failure does not keep the others from being undone.
std::vector<std::string> undo_steps(const std::vector<Step>& steps, Context& context, Undo why);

/// Where the kernel differs from the steps, a line each.
std::vector<std::string> check_steps(const std::vector<Step>& steps, Context& context);

} // namespace ocinet
