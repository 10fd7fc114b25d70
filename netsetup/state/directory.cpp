// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/state/directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <climits>
#include <memory>

#include "netsetup/base/error.h"
#include "netsetup/base/paths.h"

namespace ocinet::state {

Fd open_directory(int parent, const char* name) {
    Fd directory(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!directory && errno != ENOENT) {
        throw_errno(std::string("open directory ") + name);
    }
    return directory;
}

std::optional<Directory> Directory::open_existing() {
    Directory directory{open_directory(AT_FDCWD, paths::state)};
    return directory.root ? std::optional(std::move(directory)) : std::nullopt;
}

Directory Directory::open_or_imagine() {
    if (auto existing = open_existing()) {
        return std::move(*existing);
    }
    Directory directory;
    // A file system that is mounted nowhere: empty, and gone with the descriptor.
    const Fd empty(::fsopen("tmpfs", FSOPEN_CLOEXEC));
    if (!empty || ::fsconfig(empty.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
        throw_errno("make an empty state");
    }
    directory.root.reset(::fsmount(empty.get(), FSMOUNT_CLOEXEC, 0));
    if (!directory.root) {
        throw_errno("make an empty state");
    }
    return directory;
}

Directory Directory::open() {
    // 0750: the group may read the records; packages set it with tmpfiles.d.
    if (::mkdir(paths::state, 0750) != 0 && errno != EEXIST) {
        throw_errno(std::string("mkdir ") + paths::state);
    }
    Directory directory{open_directory(AT_FDCWD, paths::state)};
    if (!directory.root) {
        throw Error(std::string(paths::state) + " disappeared");
    }
    for (const char* name : {"containers", "users", "netns", "networks", "ports"}) {
        make_directory(directory, name);
    }
    return directory;
}

void make_directory(const Directory& directory, const std::string& path) {
    if (::mkdirat(directory.root.get(), path.c_str(), 0750) != 0 && errno != EEXIST) {
        throw_errno("mkdir " + path);
    }
}

bool remove_directory(const Directory& directory, const std::string& path) {
    if (::unlinkat(directory.root.get(), path.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) {
        return true;
    }
    if (errno == ENOTEMPTY || errno == EEXIST) {
        return false;
    }
    throw_errno("rmdir " + path);
}

void remove_file(const Directory& directory, const std::string& path) {
    if (::unlinkat(directory.root.get(), path.c_str(), 0) != 0 && errno != ENOENT) {
        throw_errno("unlink " + path);
    }
}

std::vector<std::string> names_in(const Directory& directory, const std::string& path) {
    Fd fd = open_directory(directory.root.get(), path.c_str());
    if (!fd) {
        return {};
    }
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd.get()), ::closedir);
    if (!stream) {
        throw_errno("read directory " + path);
    }
    fd.release(); // the stream closes it
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(stream.get())) {
        const std::string name = entry->d_name;
        if (name != "." && name != "..") {
            names.push_back(name);
        }
    }
    if (errno != 0) {
        throw_errno("read directory " + path);
    }
    return names;
}

std::optional<std::string> read_owner(const Directory& directory, const std::string& path) {
    std::array<char, NAME_MAX + 1> owner{};
    const ssize_t size =
        ::readlinkat(directory.root.get(), path.c_str(), owner.data(), owner.size());
    if (size >= 0) {
        return std::string(owner.data(), std::size_t(size));
    }
    if (errno == ENOENT) {
        return std::nullopt;
    }
    throw_errno("readlink " + path);
}

bool take_for(const Directory& directory, const std::string& path, const std::string& id) {
    if (::symlinkat(id.c_str(), directory.root.get(), path.c_str()) == 0) {
        return true;
    }
    if (errno == EEXIST) {
        return read_owner(directory, path) == id;
    }
    throw_errno("take " + path);
}

bool release_for(const Directory& directory, const std::string& path, const std::string& id) {
    const auto owner = read_owner(directory, path);
    if (owner && *owner != id) {
        return false;
    }
    remove_file(directory, path);
    return true;
}

} // namespace ocinet::state
