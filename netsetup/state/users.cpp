// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/state/users.h"

#include <fcntl.h>
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
    if (::faccessat(directory.root.get(), path.c_str(), F_OK, 0) == 0) {
        return true;
    }
    if (errno != ENOENT) {
        throw_errno("access " + path);
    }
    return false;
}

} // namespace ocinet::state
