// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/confine.h"

#include <linux/capability.h>

#include "netsetup/base/log.h"
#include "netsetup/confine/parts.h"

namespace ocinet {

void confine(Confined who) {
    keep_capabilities(
        {CAP_NET_ADMIN}); // with no_new_privs, without which the other two are not ours to ask for
    if (is_instrumented) {
        log::info("this build is instrumented: paths and system calls are not restricted");
        return;
    }
    restrict_paths(who);
    restrict_system_calls(who);
}

void confine_program(const std::vector<int>& capabilities, const char* directory) {
    keep_capabilities(capabilities);
    if (directory) {
        restrict_changes(directory);
    }
}

} // namespace ocinet
