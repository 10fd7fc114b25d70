// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "netsetup/foreign/ruleset.h"
#include "netsetup/netlink.h"

namespace ocinet::foreign {

/// The tables of nf_tables in which packets of ours are filtered, but for our own; those of
/// iptables-nft, firewalld and ufw are among them. What their rules look up is asked for when they
/// judge: the socket must outlive them. Throws Error.
std::vector<Table> read_nft(netlink::Socket& netfilter);

} // namespace ocinet::foreign
