// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "tests/support/place.h"

namespace ocinet::test {

/// VXLANs on UDP port 4789: one that will be encrypted, one to which peers alone may send, one to
/// which anybody may, and one that is only forwarded.
inline constexpr unsigned char encrypted = 95;
inline constexpr unsigned char open = 96;
inline constexpr unsigned char forwarded = 97;
inline constexpr unsigned char guarded = 98;

/// From here on the first one is encrypted.
void seal(const Place& host);
/// From here on these addresses alone may send to the guarded one.
void guard(const Place& host, const std::vector<std::string>& peers = {});

/// Which of two come to a server on the host's port 4789 when the sender sends one packet of each
/// to this address, first of `vni` and then of the open one: "95 96".
std::string tunnel_arrivals(const Place& host, const Place& sender, const std::string& address,
                            unsigned char vni);

/// Whether a packet of the sender's to this address of the host's comes by the router, from which
/// another one comes in any case.
bool is_forwarded(const Place& host, const Place& sender, const Place& router,
                  const std::string& address);

} // namespace ocinet::test
