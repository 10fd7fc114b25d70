// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace ocinet {

/// Makes a file that is there with all its text, on the disk, or not at all; and the directories
/// above it, 0755. False when there is one of this name already, which stays; throws Error. The
/// caller sees to it that nobody else makes it at the same time: both would write PATH.new.
bool create_file(const std::string& path, std::string_view text, mode_t mode);

} // namespace ocinet
