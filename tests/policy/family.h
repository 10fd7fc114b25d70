// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace ocinet::test {

/// A text with each IPv4 address in it in the family's: the IPv6 address that layout.h gives the
/// same place, in brackets where a port follows. AF_INET leaves it as it is.
std::string in_family(const std::string& text, int family);

} // namespace ocinet::test
