// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "tests/support/place.h"

namespace ocinet::test {

/// Of the VXLANs 95 and 96 on UDP port 4789 the first is encrypted, from here on.
void seal(const Place& host);

/// Which of the two come to a server on the host's port 4789 when the sender sends one packet of
/// each, in clear, to this address: "95 96".
std::string clear_arrivals(const Place& host, const Place& sender, const std::string& address);

/// Whether a packet of the sender's to this address of the host's comes by the router, from which
/// another one comes in any case.
bool is_forwarded(const Place& host, const Place& sender, const Place& router,
                  const std::string& address);

} // namespace ocinet::test
