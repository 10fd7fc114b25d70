// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/host_key.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "netsetup/base/error.h"
#include "netsetup/base/fd.h"
#include "netsetup/base/file.h"
#include "netsetup/base/text.h"
#include "overlay/etcd/protocol.h"
#include "overlay/own_directory.h"

namespace ocinet::overlay {

namespace {

constexpr const char* file = "wireguard.key";
constexpr std::size_t largest_file = 1 << 10;

wireguard::Key random_key() {
    wireguard::Key key;
    if (::getrandom(key.bytes.data(), key.bytes.size(), 0) != ssize_t(key.bytes.size())) {
        throw_errno("getrandom");
    }
    return key; // the kernel makes one of Curve25519's of it (RFC 7748, section 5)
}

// What the others have seen must not be gone after a power failure.
void keep(const Fd& directory) {
    const Fd key(::openat(directory.get(), file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!key || ::fsync(key.get()) != 0 || ::fsync(directory.get()) != 0) {
        throw_errno("keep the host's key");
    }
}

} // namespace

std::string to_text(const wireguard::Key& key) {
    return etcd::encoded(
        std::string_view(reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()));
}

std::optional<wireguard::Key> parse_host_key(const std::string& text) {
    wireguard::Key key;
    std::string bytes;
    try {
        bytes = etcd::decoded(text);
    } catch (const Error&) {
        return std::nullopt;
    }
    if (bytes.size() != key.bytes.size()) {
        return std::nullopt;
    }
    std::copy(bytes.begin(), bytes.end(), key.bytes.begin());
    return key == wireguard::Key() ? std::nullopt : std::optional(key);
}

IpAddress inner_address(const wireguard::Key& public_key) {
    std::array<std::uint8_t, 16> bytes{0xfd, 0x6f, 0x63, 0x69};
    std::copy_n(public_key.bytes.begin(), 12, bytes.begin() + 4);
    return IpAddress::from_bytes(bytes.data(), bytes.size());
}

wireguard::Key own_key(const std::string& directory) {
    const Fd fd = open_own(directory);
    const auto text = read_file(fd.get(), file, largest_file);
    if (text && !trim(*text).empty()) {
        const auto key = parse_host_key(std::string(trim(*text)));
        if (!key) {
            throw Error(directory + "/" + file + " holds no key")
                .hint("without the file another key is made: to the others it is one of another "
                      "host, until this one has been away");
        }
        return *key;
    }
    const auto key = random_key();
    replace_file(fd.get(), file, to_text(key) + "\n", 0600);
    keep(fd);
    return key;
}

} // namespace ocinet::overlay
