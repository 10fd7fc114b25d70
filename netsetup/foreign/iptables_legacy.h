// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "netsetup/foreign/ruleset.h"

namespace ocinet::foreign {

/// The tables `filter` of iptables-legacy and ip6tables-legacy, where the kernel has them already:
/// to ask for one that it does not have would make it. Needs CAP_NET_ADMIN, and root's files of
/// /proc. Throws Error.
std::vector<Table> read_iptables_legacy();

} // namespace ocinet::foreign
