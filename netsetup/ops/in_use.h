// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <initializer_list>

#include "netsetup/operation.h"

namespace ocinet::ops {

/// A dead container's macvlan or ipvlan stays on its parent a moment longer than the container:
/// the kernel removes it in the background, and until then what it has (a MAC address, an IPv4
/// address, the parent as a whole) is not another's. As long as the kernel refuses with one of
/// these errors, attempts it again after each change of the host's links, for two seconds. `again`:
/// what an attempt before this one did may be there. Without a watch (Needs) there is one attempt.
void attempt_while_in_use(Context& context, std::initializer_list<int> errors,
                          const std::function<void(bool again)>& attempt);

} // namespace ocinet::ops
