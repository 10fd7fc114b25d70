// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/root.h"

#include <unistd.h>

#include "netsetup/base/error.h"

namespace ocinet::cli {

void require_root(const std::string& verb, const std::string& why) {
    if (::geteuid() != 0) {
        throw Error("ocinet " + verb + " must be root: " + why).hint("sudo ocinet " + verb);
    }
}

} // namespace ocinet::cli
