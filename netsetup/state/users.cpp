// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/state/users.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "netsetup/base/error.h"

namespace ocinet::state {

void join(const Directory& directory, const std::string& thing, const std::string& id) {
    make_directory(directory, "users/" + thing);
    make_directory(directory, "users/" + thing + "/" + id);
}

bool leave(const Directory& directory, const std::string& thing, const std::string& id) {
    remove_directory(directory, "users/" + thing + "/" + id);
    return remove_directory(directory, "users/" + thing);
}

bool has_users(const Directory& directory, const std::string& thing) {
    const std::string path = "users/" + thing;
    struct stat status{}; // not by faccessat(): that is no call of a confined hook's
    if (::fstatat(directory.root.get(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
        return true;
    }
    if (errno != ENOENT) {
        throw_errno("stat " + path);
    }
    return false;
}

} // namespace ocinet::state
