// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include "netsetup/base/address.h"
#include "netsetup/netlink.h"

/// Which MAC address is where, as rtnetlink says it (rtnetlink(7), RTM_NEWNEIGH): behind which port
/// of a bridge or which host (bridge(8), fdb), and of which IP address it is (ip-neighbour(8)).
/// Nobody learns these entries, and none of them ages.
namespace ocinet::neighbour {

inline constexpr std::uint16_t replace = NLM_F_CREATE | NLM_F_REPLACE;

/// A forwarding entry for a link: of its own (NTF_SELF), or of the bridge whose port it is
/// (NTF_MASTER). `type` is RTM_NEWNEIGH or RTM_DELNEIGH.
netlink::Message forwarding(std::uint16_t type, std::uint16_t flags, const Mac& mac, int link,
                            std::uint8_t whose);
/// Of an IP address on a link, as one of ours (route::our_protocol).
netlink::Message of_address(std::uint16_t type, std::uint16_t flags, const IpAddress& address,
                            const Mac& mac, int link);

/// What the kernel has for it; its answer is empty (ENOENT) where it has nothing.
netlink::Message ask_forwarding(const Mac& mac, int link, std::uint8_t whose);
netlink::Message ask_address(const IpAddress& address, int link);

/// Of an answer: nothing where it has none of Ethernet's.
std::optional<Mac> mac_in(const nlmsghdr& answer);
/// Whether an answer is about an IP address, and of ours.
bool is_ours(const nlmsghdr& answer);

} // namespace ocinet::neighbour
