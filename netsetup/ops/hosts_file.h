// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/operation.h"

namespace ocinet::ops {

/// The container's own line in its /etc/hosts, and the names of its gateway. The file is the
/// engine's, mounted into the container: it is changed in place, a new file would not be seen.
struct AddHosts {
    static constexpr const char* journal_name = "add-hosts";

    std::string file;
    /// `10.90.0.5 web`
    std::vector<std::string> lines;
    /// Ends each line as a comment: by it the lines are found again.
    std::string mark;
};
OCINET_OPERATION(AddHosts)

} // namespace ocinet::ops
