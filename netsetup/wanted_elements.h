// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "netsetup/netlink.h"
#include "netsetup/nft.h"
#include "netsetup/state/directory.h"

namespace ocinet {

/// What a policy that is loaded anew must hold: what guards the host, what the containers have in
/// it by their records, but for those that are being removed, and who may send to the tunnels. The
/// caller holds the host's lock.
std::vector<nft::Element> wanted_elements(const state::Directory& directory,
                                          netlink::Socket& route);

} // namespace ocinet
