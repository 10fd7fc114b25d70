// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/host.h"
#include "netsetup/record.h"
#include "oci-config/annotations.h"

namespace ocinet::hook {

/// Makes the container an owner of what its network namespace has already, if that is what it asks
/// for: pods, `--network container:` (netsetup/share.h). The record, new so far, is then complete
/// and saved, and we are confined. False when there is nothing to join; what a dead container left
/// in the namespace is cleared away. Throws Error when a living container has the namespace, and
/// not what this one asks for. The caller holds the container's lock.
bool join(Record& record, const oci::ContainerRequest& wanted, Host& host);

} // namespace ocinet::hook
