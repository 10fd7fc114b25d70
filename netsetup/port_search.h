// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/host_view.h"

namespace ocinet {

/// Answers the query's ports: chooses where a free one is asked for, and finds what has a wanted
/// one: a container, or a socket of the host's. Throws Error when the kernel cannot be asked.
void look_for_ports(HostView& view, const HostQuery& query, const state::Directory& directory,
                    NameSource& names);

} // namespace ocinet
