// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "netsetup/base/address.h"
#include "tests/support/place.h"

namespace ocinet::test {

/// Who sends or is pretended to be, on one network.
struct Identity {
    Mac mac;
    IpAddress ipv4;
    IpAddress ipv6;
    IpAddress link_local;
};

/// An Ethernet frame that `mallory` sends.
struct Frame {
    std::string name;
    std::string bytes;
    /// It says of itself nothing but what is so.
    bool honest = false;
};

/// Each way in which a frame can tell who it comes from, honest and not; `alice` is a neighbour of
/// mallory's, `gateway` the network's. No two of them are alike behind their addresses.
std::vector<Frame> frames_of(const Identity& mallory, const Identity& alice,
                             const Identity& gateway);

/// Sends the frames from eth0 of the place that the caller is in, all of them and what it sends
/// after them in this order.
void send_frames(const std::vector<Frame>& frames);

/// Sends the frames from one container's eth0 and gives the names of those that came to another's,
/// in their order.
std::vector<std::string> arrivals(const Place& from, const Place& to,
                                  const std::vector<Frame>& frames);

/// Of the one that has this interface, with the last of its addresses of each kind.
Identity identity_of(const Place& place, const std::string& interface);

/// Each frame of mallory's that came to alice and should not have, and the other way round; empty
/// when there is none. `bridge` is their network's.
std::string wrong_arrivals(const Place& host, const std::string& bridge, const Place& mallory,
                           const Place& alice);

} // namespace ocinet::test
