// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "netsetup/base/address.h"
#include "netsetup/base/error.h"

namespace ocinet::test {

/// A socket's address of either family.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;

    sockaddr* generic() { return reinterpret_cast<sockaddr*>(&storage); }
    const sockaddr* generic() const { return reinterpret_cast<const sockaddr*>(&storage); }
    sockaddr_in& v4() { return reinterpret_cast<sockaddr_in&>(storage); }
    sockaddr_in6& v6() { return reinterpret_cast<sockaddr_in6&>(storage); }
};

inline SocketAddress socket_address(const std::string& text, std::uint16_t port) {
    const auto address = IpAddress::parse(text);
    if (!address) {
        throw Error(text + " is not an IP address");
    }
    SocketAddress result;
    result.storage.ss_family = sa_family_t(address->family());
    if (address->is_v4()) {
        result.v4().sin_port = htons(port);
        ::inet_pton(AF_INET, text.c_str(), &result.v4().sin_addr);
        result.size = sizeof(sockaddr_in);
    } else {
        result.v6().sin6_port = htons(port);
        ::inet_pton(AF_INET6, text.c_str(), &result.v6().sin6_addr);
        result.size = sizeof(sockaddr_in6);
    }
    return result;
}

inline std::string address_text(SocketAddress& address) {
    return address.storage.ss_family == AF_INET
               ? IpAddress::from_bytes(&address.v4().sin_addr, 4).text()
               : IpAddress::from_bytes(&address.v6().sin6_addr, 16).text();
}

} // namespace ocinet::test
