// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "netsetup/record.h"

namespace ocinet {

/// What the container's attachments came to, with the addresses that DHCP has lent by now and what
/// plugins said.
std::vector<Attached> attachments_of(const state::Directory& directory, const Record& record);

/// Adds what a CNI plugin says of a container's interface, a result of the CNI specification
/// (section 5): its MAC address, addresses, and the gateways of default routes. What is not as the
/// specification has it is left out.
void add_result(Attached& attached, const std::string& result);

} // namespace ocinet
