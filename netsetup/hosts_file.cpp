// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/hosts_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "netsetup/base/error.h"

namespace ocinet {

HostsFile HostsFile::open(const std::string& path) {
    HostsFile hosts;
    // O_NONBLOCK: a FIFO in its place would stop us for ever.
    Fd file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat status{};
    struct stat own{};
    if (!file) {
        // What the file's nature forbids is a reason to leave it alone; a failing system is not.
        const std::array natural{ENOENT, ENOTDIR, ELOOP, EISDIR, EACCES, EPERM, EROFS, ENXIO};
        if (std::find(natural.begin(), natural.end(), errno) == natural.end()) {
            throw_errno("open " + path);
        }
        hosts.problem = errno_text(errno);
    } else if (::fstat(file.get(), &status) != 0) {
        throw_errno("stat " + path);
    } else if (!S_ISREG(status.st_mode)) {
        hosts.problem = "not a regular file";
    } else if (status.st_nlink != 1) {
        hosts.problem = "it has several links";
    } else if (::stat("/etc/hosts", &own) == 0 && own.st_dev == status.st_dev &&
               own.st_ino == status.st_ino) {
        hosts.problem = "it is the host's own";
    } else {
        hosts.file = std::move(file);
    }
    return hosts;
}

} // namespace ocinet
