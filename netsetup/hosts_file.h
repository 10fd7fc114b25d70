// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "netsetup/base/fd.h"

namespace ocinet {

/// A file that an engine mounts as a container's /etc/hosts, opened to be changed in place; or why
/// it must be left alone: not there, a symlink, not a regular file, more than one link, or the
/// host's own /etc/hosts. Throws Error when it cannot be looked at.
struct HostsFile {
    static HostsFile open(const std::string& path);

    Fd file;
    std::string problem;
};

} // namespace ocinet
