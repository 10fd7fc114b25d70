// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/policy/echo.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "netsetup/base/error.h"
#include "netsetup/base/fd.h"
#include "netsetup/base/file.h"
#include "tests/policy/socket_address.h"
#include "tests/policy/transport.h"

namespace ocinet::test {

namespace {

Fd bind_one(const std::string& address, std::uint16_t port, const Transport& transport) {
    const auto place = socket_address(address, port);
    const bool ipv6 = place.storage.ss_family == AF_INET6;
    Fd socket(::socket(place.storage.ss_family, transport.type | SOCK_CLOEXEC, transport.protocol));
    const int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (ipv6) {
        ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
        ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
    } else {
        ::setsockopt(socket.get(), IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    }
    if (::bind(socket.get(), place.generic(), place.size) != 0) {
        throw_errno("bind " + address + " port " + std::to_string(port));
    }
    if (transport.type == SOCK_STREAM && ::listen(socket.get(), 64) != 0) {
        throw_errno("listen");
    }
    return socket;
}

void answer_connection(const Fd& listener, const std::string& name) {
    SocketAddress peer;
    const Fd connection(::accept4(listener.get(), peer.generic(), &peer.size, SOCK_CLOEXEC));
    if (connection) {
        const std::string text = name + " " + address_text(peer);
        ::send(connection.get(), text.data(), text.size(), MSG_NOSIGNAL);
    }
}

void log_first_word(std::string_view packet) {
    const std::string line = std::string(packet.substr(0, packet.find(' '))) + "\n";
    write_all(STDOUT_FILENO, line, "stdout");
}

void forget_interface(cmsghdr& info) {
    if (info.cmsg_level == IPPROTO_IP) {
        reinterpret_cast<in_pktinfo*>(CMSG_DATA(&info))->ipi_ifindex = 0;
    } else {
        reinterpret_cast<in6_pktinfo*>(CMSG_DATA(&info))->ipi6_ifindex = 0;
    }
}

// The packet's own control data makes the answer come from the address that it was sent to; the
// interface is left to routing.
void answer_packet(const Fd& socket, const std::string& name) {
    std::array<char, 65536> data{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in6_pktinfo))> control{};
    SocketAddress peer;
    iovec part{data.data(), data.size()};
    msghdr message{peer.generic(), peer.size, &part, 1, control.data(), control.size(), 0};
    const ssize_t size = ::recvmsg(socket.get(), &message, 0);
    if (size < 0) {
        return; // an ICMP error for an earlier answer
    }
    log_first_word({data.data(), std::size_t(size)});
    if (cmsghdr* info = CMSG_FIRSTHDR(&message)) {
        forget_interface(*info);
    }
    std::string text = name + " " + address_text(peer);
    part = {text.data(), text.size()};
    message.msg_flags = 0;
    ::sendmsg(socket.get(), &message, 0);
}

struct Servers {
    std::vector<Fd> sockets;
    std::vector<bool> streams;

    void add(const std::string& address, std::uint16_t port) {
        for (const auto& transport : transports()) {
            sockets.push_back(bind_one(address, port, transport));
            streams.push_back(transport.type == SOCK_STREAM);
        }
    }
};

[[noreturn]] void answer_for_ever(const Servers& servers, const std::string& name) {
    std::vector<pollfd> wanted;
    for (const auto& socket : servers.sockets) {
        wanted.push_back({socket.get(), POLLIN, 0});
    }
    while (true) {
        ::poll(wanted.data(), wanted.size(), -1);
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            if (wanted[i].revents == 0) {
                continue;
            }
            if (servers.streams[i]) {
                answer_connection(servers.sockets[i], name);
            } else {
                answer_packet(servers.sockets[i], name);
            }
        }
    }
}

} // namespace

Process serve(const Place& place, const std::string& name, const std::vector<Listener>& listeners) {
    Process server = place.start([&] {
        Servers servers;
        for (const auto& listener : listeners) {
            if (listener.address.empty()) {
                servers.add("0.0.0.0", listener.port);
                servers.add("::", listener.port);
            } else {
                servers.add(listener.address, listener.port);
            }
        }
        write_all(STDOUT_FILENO, "ready\n", "stdout");
        answer_for_ever(servers, name);
    });
    server.wait_for_output("ready\n");
    return server;
}

} // namespace ocinet::test
