// SPDX-License-Identifier: GPL-2.0-or-later
#include "shim/config_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <vector>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "oci-config/bundle.h"

namespace ocinet::shim {

namespace {

std::string directory_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

std::string name_of(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

Fd open_directory(const std::string& path) {
    Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) {
        throw_errno("open " + path);
    }
    return directory;
}

// O_NONBLOCK: not to wait for a FIFO's other end.
Fd open_regular(const Fd& directory, const std::string& path) {
    Fd file(::openat(directory.get(), name_of(path).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    struct stat status{};
    if (!file || ::fstat(file.get(), &status) != 0) {
        throw_errno("open " + path);
    }
    if (!S_ISREG(status.st_mode)) {
        throw Error(path + " is no regular file");
    }
    return file;
}

void refuse_symlink(const Fd& directory, const std::string& path) {
    struct stat status{};
    if (::fstatat(directory.get(), name_of(path).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        throw_errno("stat " + path);
    }
    if (S_ISLNK(status.st_mode)) {
        throw Error(path + " is a symlink, which is not replaced");
    }
}

std::vector<std::string> attributes_of(const Fd& file, const std::string& path) {
    std::string names(4096, '\0');
    ssize_t size = 0;
    while ((size = ::flistxattr(file.get(), names.data(), names.size())) < 0 && errno == ERANGE) {
        names.resize(names.size() * 2);
    }
    if (size < 0) {
        if (errno == ENOTSUP) {
            return {};
        }
        throw_errno("extended attributes of " + path);
    }
    std::vector<std::string> list;
    for (const char* name = names.data(); name < names.data() + size;
         name += list.back().size() + 1) {
        list.emplace_back(name);
    }
    return list;
}

void copy_attribute(const Fd& from, const Fd& to, const std::string& name) {
    std::string value(65536, '\0'); // XATTR_SIZE_MAX
    const ssize_t size = ::fgetxattr(from.get(), name.c_str(), value.data(), value.size());
    if (size < 0 || ::fsetxattr(to.get(), name.c_str(), value.data(), std::size_t(size), 0) != 0) {
        throw_errno("extended attribute " + name);
    }
}

} // namespace

ConfigFile::ConfigFile(const std::string& path)
    : path_(path), directory_(open_directory(directory_of(path))),
      file_(open_regular(directory_, path)),
      text_(read_all(file_.get(), oci::max_config_size, path)) {}

// The owner first: who gives a file away loses its set-id bits, and the attributes of security.
void ConfigFile::copy_properties(const Fd& to) const {
    struct stat status{};
    if (::fstat(file_.get(), &status) != 0) {
        throw_errno("stat " + path_);
    }
    struct stat made{};
    if (::fstat(to.get(), &made) != 0) {
        throw_errno("stat of the new " + path_);
    }
    const bool is_owners = made.st_uid == status.st_uid && made.st_gid == status.st_gid;
    if (!is_owners && ::fchown(to.get(), status.st_uid, status.st_gid) != 0) {
        throw_errno("chown of the new " + path_);
    }
    if (::fchmod(to.get(), status.st_mode & 07777) != 0) {
        throw_errno("chmod of the new " + path_);
    }
    for (const auto& name : attributes_of(file_, path_)) {
        // Those seal the old text (security/integrity in the kernel).
        if (name != "security.ima" && name != "security.evm") {
            copy_attribute(file_, to, name);
        }
    }
}

void ConfigFile::replace(std::string_view text) const {
    refuse_symlink(directory_, path_);
    const std::string temporary = "." + name_of(path_) + ".ocinet-" + std::to_string(::getpid());
    // What a predecessor with our process id left when it was killed is nobody's.
    ::unlinkat(directory_.get(), temporary.c_str(), 0);
    const Fd file(::openat(directory_.get(), temporary.c_str(),
                           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) {
        throw_errno("create a file beside " + path_);
    }
    try {
        write_all(file.get(), text, path_);
        copy_properties(file);
        if (::fsync(file.get()) != 0) {
            throw_errno("fsync of the new " + path_);
        }
        if (::renameat(directory_.get(), temporary.c_str(), directory_.get(),
                       name_of(path_).c_str()) != 0) {
            throw_errno("replace " + path_);
        }
    } catch (...) {
        ::unlinkat(directory_.get(), temporary.c_str(), 0);
        throw;
    }
}

} // namespace ocinet::shim
