// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/place.h"

namespace ocinet::test {

/// Where a place answers, over all transports: at a port of all its addresses of both families, or
/// of one of them.
struct Listener {
    std::string address = "";
    std::uint16_t port = 0;
};

/// Starts a server in `place` that answers everybody with `NAME PEER`, the peer being the address
/// it sees: a connection when it is opened, a UDP packet from the address that it was sent to.
/// A UDP packet's first word goes to the server's stdout, a line each: what arrived is known even
/// where the answer is lost. Returns when all listeners are bound.
Process serve(const Place& place, const std::string& name, const std::vector<Listener>& listeners);

} // namespace ocinet::test
