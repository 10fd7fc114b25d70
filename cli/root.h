// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace ocinet::cli {

/// Throws an Error that says why `ocinet VERB` must be root, unless it is: `why` is a sentence, "it
/// reads the host's network state".
void require_root(const std::string& verb, const std::string& why);

} // namespace ocinet::cli
