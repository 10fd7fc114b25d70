// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"

namespace ocinet {

std::string read_all(int fd, std::size_t limit, std::string_view name) {
    std::string text;
    std::array<char, 16384> buffer;
    while (true) {
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            throw_errno("read " + std::string(name));
        }
        if (got == 0) {
            return text;
        }
        if (text.size() + std::size_t(got) > limit) {
            throw Error(std::string(name) + " is larger than " + std::to_string(limit) + " bytes");
        }
        text.append(buffer.data(), std::size_t(got));
    }
}

std::optional<std::string> read_file(const std::string& path, std::size_t limit) {
    return read_file(AT_FDCWD, path, limit);
}

std::optional<std::string> read_file(int directory, const std::string& path, std::size_t limit) {
    const Fd file(
        ::openat(directory, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file) {
        if (errno == ENOENT || errno == ENOTDIR) {
            return std::nullopt;
        }
        throw_errno("open " + path);
    }
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) {
        throw_errno("stat " + path);
    }
    if (!S_ISREG(status.st_mode)) {
        throw Error(path + " is not a regular file");
    }
    return read_all(file.get(), limit, path);
}

std::optional<std::string> read_setting(int directory, const std::string& path) {
    const Fd file(::openat(directory, path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) {
        if (errno == ENOENT) {
            return std::nullopt;
        }
        throw_errno("open " + path);
    }
    return std::string(trim(read_all(file.get(), 65536, path)));
}

void write_setting(int directory, const std::string& path, std::string_view value) {
    const Fd file(::openat(directory, path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file) {
        throw_errno("open " + path);
    }
    write_all(file.get(), value, path);
}

void write_all(int fd, std::string_view text, std::string_view name) {
    while (!text.empty()) {
        const ssize_t put = ::write(fd, text.data(), text.size());
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            throw_errno("write " + std::string(name));
        }
        text.remove_prefix(std::size_t(put));
    }
}

void replace_file(int directory, const std::string& name, std::string_view text, mode_t mode) {
    const std::string temporary = name + ".new";
    const Fd file(::openat(directory, temporary.c_str(),
                           O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!file) {
        throw_errno("open " + temporary);
    }
    try {
        write_all(file.get(), text, temporary);
        if (::renameat(directory, temporary.c_str(), directory, name.c_str()) != 0) {
            throw_errno("rename " + temporary + " to " + name);
        }
    } catch (const Error&) {
        ::unlinkat(directory, temporary.c_str(), 0);
        throw;
    }
}

} // namespace ocinet
