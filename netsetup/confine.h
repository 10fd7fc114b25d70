// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace ocinet {

/// Gives up every privilege but CAP_NET_ADMIN, for good: permitted, effective and bounding set hold
/// it alone, inheritable and ambient set are empty, no_new_privs is set. Throws Error.
void confine();

} // namespace ocinet
