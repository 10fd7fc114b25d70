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
#include <cstring>
#include <memory>

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
    header.idiag_states = 1U << (protocol == IPPROTO_TCP ? state_listen : state_close);
    return message;
}

// ::, ::ffff:a.b.c.d and IPv4 addresses alike as IPv4; nothing for other IPv6 addresses, which
// take no IPv4 traffic.
std::optional<IpAddress> ipv4_of(const nlmsghdr& answer, const inet_diag_msg& socket) {
    if (socket.idiag_family == AF_INET) {
        return IpAddress::from_bytes(socket.id.idiag_src, 4);
    }
    const nlattr* v6only = netlink::attribute(answer, sizeof socket, INET_DIAG_SKV6ONLY);
    if (v6only && mnl_attr_get_u8(v6only) != 0) {
        return std::nullopt;
    }
    const auto* words = socket.id.idiag_src;
    if (words[0] != 0 || words[1] != 0) {
        return std::nullopt;
    }
    if (words[2] == 0 && words[3] == 0) {
        return IpAddress();
    }
    return words[2] == htonl(0xffff) ? std::optional(IpAddress::from_bytes(&words[3], 4))
                                     : std::nullopt;
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

std::optional<Bound> find_bound(netlink::Socket& diag, const std::string& protocol,
                                const IpAddress& address, std::uint16_t first,
                                std::uint16_t count) {
    std::optional<Bound> found;
    std::uint32_t inode = 0;
    const std::uint8_t number = protocol == "tcp" ? IPPROTO_TCP : IPPROTO_UDP;
    for (const int family : {AF_INET, AF_INET6}) {
        diag.dump(request(family, number), [&](const nlmsghdr& answer) {
            const auto& socket = *static_cast<const inet_diag_msg*>(mnl_nlmsg_get_payload(&answer));
            const std::uint16_t port = ntohs(socket.id.idiag_sport);
            const auto bound = ipv4_of(answer, socket);
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
