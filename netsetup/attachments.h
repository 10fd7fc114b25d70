// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "netsetup/record.h"

namespace ocinet {

/// What the container's attachments came to, with the addresses that DHCP has lent by now and what
/// plugins said.
std::vector<Attached> attachments_of(const state::Directory& directory, const Record& record);

/// Adds what a plugin says of a container's interface: its MAC address, addresses, and the gateways
/// of default routes. A result of the CNI specification (section 5), or a status block of
/// netavark's plugin API. What is not as these have it is left out.
void add_result(Attached& attached, const std::string& result);

} // namespace ocinet
