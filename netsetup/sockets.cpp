// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/sockets.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "netsetup/attributes.h"
#include "netsetup/base/file.h"
#include "netsetup/base/text.h"

namespace ocinet::sockets {

namespace {

// Socket states as the kernel numbers them for every protocol (include/net/tcp_states.h); a UDP
// socket that is bound but not connected is in "close".
constexpr std::uint32_t state_close = 7;
constexpr std::uint32_t state_listen = 10;

netlink::Message request(int family, std::uint8_t protocol) {
    netlink::Message message(SOCK_DIAG_BY_FAMILY, 0);
    auto& header = message.header<inet_diag_req_v2>();
    header.sdiag_family = std::uint8_t(family);
    header.sdiag_protocol = protocol;
    header.idiag_states = 1U << (protocol == IPPROTO_UDP ? state_close : state_listen);
    return message;
}

// The address that a socket took, as one of `family`; nothing when it takes no traffic of that
// family. An IPv6 socket takes IPv4 traffic, too, unless it is v6only: at :: all of it, at
// ::ffff:a.b.c.d that of a.b.c.d.
std::optional<IpAddress> taken_by(const nlmsghdr& answer, const inet_diag_msg& socket, int family) {
    if (socket.idiag_family == AF_INET) {
        return family == AF_INET ? std::optional(IpAddress::from_bytes(socket.id.idiag_src, 4))
                                 : std::nullopt;
    }
    const auto* words = socket.id.idiag_src;
    const bool mapped = words[0] == 0 && words[1] == 0 && words[2] == htonl(0xffff);
    if (family == AF_INET6) {
        return mapped ? std::nullopt : std::optional(IpAddress::from_bytes(words, 16));
    }
    if (netlink::u8_of(netlink::attribute(answer, sizeof socket, INET_DIAG_SKV6ONLY)) != 0) {
        return std::nullopt;
    }
    if (mapped) {
        return IpAddress::from_bytes(&words[3], 4);
    }
    return IpAddress::from_bytes(words, 16).is_any() ? std::optional(IpAddress::any(AF_INET))
                                                     : std::nullopt;
}

// SCTP is told apart where its module is loaded; its sockets listen as TCP's do.
std::uint8_t number_of(const std::string& protocol) {
    return protocol == "tcp" ? IPPROTO_TCP : protocol == "udp" ? IPPROTO_UDP : IPPROTO_SCTP;
}

struct Directory {
    std::unique_ptr<DIR, int (*)(DIR*)> stream;

    explicit Directory(const std::string& path) : stream(::opendir(path.c_str()), ::closedir) {}
    const dirent* next() const { return stream ? ::readdir(stream.get()) : nullptr; }
};

bool has_socket(const std::string& process, const std::string& socket) {
    const std::string fds = process + "/fd";
    const Directory directory(fds);
    while (const dirent* entry = directory.next()) {
        std::array<char, 64> target{};
        const ssize_t size =
            ::readlink((fds + "/" + entry->d_name).c_str(), target.data(), target.size());
        if (size > 0 && socket == std::string_view(target.data(), std::size_t(size))) {
            return true;
        }
    }
    return false;
}

// Looks through every process; done only to name who stands in the way.
std::string owner_of(std::uint32_t inode) {
    const std::string socket = "socket:[" + std::to_string(inode) + "]";
    const Directory processes("/proc");
    while (const dirent* entry = processes.next()) {
        const std::string pid = entry->d_name;
        if (parse_number(pid, 1, INT32_MAX) && has_socket("/proc/" + pid, socket)) {
            const auto name = read_setting(AT_FDCWD, "/proc/" + pid + "/comm");
            return name.value_or("process") + " (pid " + pid + ")";
        }
    }
    return "a process";
}

} // namespace

namespace {

// A protocol that the kernel does not have has no sockets.
void dump_sockets(netlink::Socket& diag, int family, std::uint8_t protocol,
                  const netlink::Socket::Answer& answer) {
    try {
        diag.dump(request(family, protocol), answer);
    } catch (const netlink::Refused& refused) {
        if (refused.error() != ENOENT) {
            throw;
        }
    }
}

} // namespace

std::optional<Bound> find_bound(netlink::Socket& diag, const std::string& protocol,
                                const IpAddress& address, std::uint16_t first,
                                std::uint16_t count) {
    std::optional<Bound> found;
    std::uint32_t inode = 0;
    for (const int family : {AF_INET, AF_INET6}) {
        dump_sockets(diag, family, number_of(protocol), [&](const nlmsghdr& answer) {
            const auto& socket = netlink::header_of<inet_diag_msg>(answer);
            const std::uint16_t port = ntohs(socket.id.idiag_sport);
            const auto bound = taken_by(answer, socket, address.family());
            if (found || !bound || port < first || port >= unsigned(first) + count) {
                return;
            }
            if (*bound == address || bound->is_any() || address.is_any()) {
                found = Bound{.address = *bound, .port = port};
                inode = socket.idiag_inode;
            }
        });
    }
    if (found) {
        found->owner = owner_of(inode);
    }
    return found;
}

} // namespace ocinet::sockets
