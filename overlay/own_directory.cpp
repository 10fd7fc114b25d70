// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/own_directory.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "netsetup/base/text.h"

namespace ocinet::overlay {

namespace {

constexpr std::size_t largest_instance = 1 << 10;

void make_directory(const std::string& path) {
    if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
        throw_errno("mkdir " + path);
    }
}

} // namespace

Fd open_own(const std::string& directory) {
    Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd) {
        throw_errno("open " + directory);
    }
    return fd;
}

std::string own_instance(const std::string& directory) {
    make_directory(directory.substr(0, directory.rfind('/')));
    make_directory(directory);
    const Fd fd = open_own(directory);
    if (const auto text = read_file(fd.get(), "instance", largest_instance)) {
        return std::string(trim(*text));
    }
    std::array<unsigned char, 16> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != ssize_t(bytes.size())) {
        throw_errno("getrandom");
    }
    std::string text;
    for (const unsigned byte : bytes) {
        std::array<char, 3> digits{};
        std::snprintf(digits.data(), digits.size(), "%02x", byte);
        text += digits.data();
    }
    replace_file(fd.get(), "instance", text + "\n", 0600);
    return text;
}

} // namespace ocinet::overlay
