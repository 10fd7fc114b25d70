// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/base/paths.h"

#include <unistd.h>

#include <array>
#include <climits>

#include "netsetup/base/error.h"

namespace ocinet::paths {

namespace {

// Programs live in PREFIX/bin and in PREFIX/libexec/ocinet (or where the build was told to put it),
// in the build tree as when installed.
std::string prefix() {
    std::array<char, PATH_MAX> buffer{};
    const ssize_t size = ::readlink("/proc/self/exe", buffer.data(), buffer.size() - 1);
    if (size < 0) {
        throw_errno("readlink /proc/self/exe");
    }
    std::string path(buffer.data(), std::size_t(size));
    path.resize(path.rfind('/'));
    const std::string libexec = "/" OCINET_LIBEXEC_DIR;
    if (path.size() > libexec.size() && path.ends_with(libexec)) {
        return path.substr(0, path.size() - libexec.size());
    }
    return path.substr(0, path.rfind('/'));
}

} // namespace

std::string policy_program() {
    return prefix() + "/" OCINET_LIBEXEC_DIR "/ocinet-policy";
}

std::string hook_program() {
    return prefix() + "/" OCINET_LIBEXEC_DIR "/ocinet-hook";
}

std::string dhcp_program() {
    return prefix() + "/" OCINET_LIBEXEC_DIR "/ocinet-dhcp";
}

std::string plugin_program() {
    return prefix() + "/" OCINET_LIBEXEC_DIR "/ocinet-plugin";
}

std::string overlay_program() {
    return prefix() + "/" OCINET_LIBEXEC_DIR "/ocinet-overlay";
}

std::string policy_text() {
    return prefix() + "/" OCINET_DATA_DIR "/policy.nft";
}

} // namespace ocinet::paths
