// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "netsetup/foreign/ruleset.h"

/// The matches and targets of iptables (iptables-extensions(8)), which both of its kinds have:
/// their data are structs of include/uapi/linux/netfilter/xt_*.h.
namespace ocinet::foreign {

Match judge_xt_match(std::string_view name, unsigned revision, std::string_view data,
                     const Packet& packet);

/// What an extension's target does to the packet; the standard ones are the caller's.
Verdict judge_xt_target(std::string_view name);

} // namespace ocinet::foreign
