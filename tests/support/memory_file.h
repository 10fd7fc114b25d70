// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "netsetup/base/fd.h"

namespace ocinet::test {

/// A file that nobody else sees (memfd_create(2)), with this text, to be read from its beginning.
Fd memory_file(std::string_view text = "");

} // namespace ocinet::test
