// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/base/new_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "netsetup/base/error.h"
#include "netsetup/base/fd.h"
#include "netsetup/base/file.h"

namespace ocinet {

namespace {

void make_directories(const std::string& path) {
    for (auto slash = path.find('/', 1); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
        const std::string directory = path.substr(0, slash);
        if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) {
            throw_errno("mkdir " + directory);
        }
    }
}

// Names are on the disk when their directory is.
void sync_directory(const std::string& path) {
    const Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || ::fsync(directory.get()) != 0) {
        throw_errno("sync directory " + path);
    }
}

void write_new(const std::string& path, std::string_view text, mode_t mode) {
    const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) {
        throw_errno("open " + path);
    }
    write_all(file.get(), text, path);
    // Whatever the caller's umask.
    if (::fchmod(file.get(), mode) != 0 || ::fsync(file.get()) != 0) {
        throw_errno("write " + path);
    }
}

} // namespace

bool create_file(const std::string& path, std::string_view text, mode_t mode) {
    make_directories(path);
    const std::string temporary = path + ".new";
    // Somebody may have been killed before the rename.
    if (::unlink(temporary.c_str()) != 0 && errno != ENOENT) {
        throw_errno("remove " + temporary);
    }
    try {
        write_new(temporary, text, mode);
        if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) !=
            0) {
            if (errno != EEXIST) {
                throw_errno("rename " + temporary + " to " + path);
            }
            ::unlink(temporary.c_str());
            return false;
        }
    } catch (const Error&) {
        ::unlink(temporary.c_str());
        throw;
    }
    sync_directory(path.substr(0, path.rfind('/')));
    return true;
}

} // namespace ocinet
