// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/policy/tunnels.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <iostream>
#include <vector>

#include "netsetup/base/address.h"
#include "netsetup/base/error.h"
#include "netsetup/base/fd.h"

namespace ocinet::test {

namespace {

sockaddr_storage at(const IpAddress& address, socklen_t& size) {
    sockaddr_storage storage{};
    if (address.is_v4()) {
        auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
        v4 = {.sin_family = AF_INET, .sin_port = htons(4789), .sin_addr = {}, .sin_zero = {}};
        std::copy_n(address.data(), address.size(), reinterpret_cast<unsigned char*>(&v4.sin_addr));
        size = sizeof v4;
    } else {
        auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(4789);
        std::copy_n(address.data(), address.size(),
                    reinterpret_cast<unsigned char*>(&v6.sin6_addr));
        size = sizeof v6;
    }
    return storage;
}

Fd udp_socket(const IpAddress& address) {
    Fd socket(::socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket) {
        throw_errno("socket");
    }
    return socket;
}

// Until the one comes that nothing stops, and which was sent last.
void serve(const IpAddress& address) {
    const Fd socket = udp_socket(address);
    socklen_t size = 0;
    const auto own = at(IpAddress::any(address.family()), size);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&own), size) != 0) {
        throw_errno("bind");
    }
    std::cout << "ready" << std::endl;
    std::array<unsigned char, 64> packet{};
    while (packet[6] != open) {
        if (::recv(socket.get(), packet.data(), packet.size(), 0) < 0) {
            throw_errno("recv");
        }
        std::cout << " " << int(packet[6]) << std::flush;
    }
}

// Who sends what a rule of his own drops is told EPERM.
void send(const IpAddress& address, const std::vector<unsigned char>& vnis) {
    const Fd socket = udp_socket(address);
    socklen_t size = 0;
    const auto to = at(address, size);
    for (const auto vni : vnis) {
        const std::array<unsigned char, 8> header{8, 0, 0, 0, 0, 0, vni, 0}; // RFC 7348, section 5
        if (::sendto(socket.get(), header.data(), header.size(), 0,
                     reinterpret_cast<const sockaddr*>(&to), size) < 0 &&
            errno != EPERM) {
            throw_errno("sendto");
        }
    }
}

std::string last_line(const std::string& text) {
    return text.substr(text.rfind('\n') + 2);
}

} // namespace

void seal(const Place& host) {
    host.sh("nft add element inet ocinet sealed '{ 4789 . " + std::to_string(encrypted) + " }'");
}

void guard(const Place& host, const std::vector<std::string>& peers) {
    const std::string key = "4789 . " + std::to_string(guarded) + " }'";
    host.sh("nft add element inet ocinet tunnels '{ " + key);
    for (const auto& peer : peers) {
        const std::string set = peer.find(':') == std::string::npos ? "peers4" : "peers6";
        host.sh("nft add element inet ocinet " + set + " '{ " + peer + " . " + key);
    }
}

std::string tunnel_arrivals(const Place& host, const Place& sender, const std::string& address,
                            unsigned char vni) {
    const auto to = IpAddress::parse(address).value();
    Process server = host.start([&] { serve(to); });
    server.wait_for_output("ready");
    sender.in([&] { send(to, {vni, open}); });
    return last_line(server.wait().out);
}

bool is_forwarded(const Place& host, const Place& sender, const Place& router,
                  const std::string& address) {
    const auto to = IpAddress::parse(address).value();
    Process server = host.start([&] { serve(to); });
    server.wait_for_output("ready");
    sender.in([&] { send(to, {forwarded}); });
    router.in([&] { send(to, {open}); });
    return last_line(server.wait().out) != "96";
}

} // namespace ocinet::test
