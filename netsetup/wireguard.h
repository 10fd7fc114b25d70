// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "netsetup/base/address.h"
#include "netsetup/netlink.h"

/// WireGuard interfaces: point-to-point tunnels that encrypt, each peer known by its public key
/// (include/uapi/linux/wireguard.h; by generic netlink, Documentation/userspace-api/netlink).
namespace ocinet::wireguard {

/// Of Curve25519 (RFC 7748), private or public.
struct Key {
    std::array<std::uint8_t, 32> bytes{};

    auto operator<=>(const Key&) const = default;
};

struct Peer {
    Key public_key;
    /// Where it is, and its UDP port there.
    IpAddress host;
    std::uint16_t port = 0;
    /// What may come from it, and goes to it.
    IpAddress inner;

    auto operator<=>(const Peer&) const = default;
};

/// IP, UDP, WireGuard's header and its tag.
unsigned overhead(const IpAddress& host);

/// How interfaces of this kind are told what they are.
class Control {
public:
    /// Throws Error where the kernel has no WireGuard.
    static Control open();

    /// Gives the interface its key and its port; returns the public key.
    Key configure(int index, const Key& private_key, std::uint16_t port);
    std::vector<Key> peers(int index);
    /// Adds the peers, or changes what is different about them.
    void put(int index, const std::vector<Peer>& peers);
    void forget(int index, const std::vector<Key>& peers);

private:
    Control(netlink::Socket socket, std::uint16_t family)
        : socket_(std::move(socket)), family_(family) {}
    netlink::Message message(std::uint8_t command, int index) const;

    netlink::Socket socket_;
    /// Of generic netlink.
    std::uint16_t family_;
};

/// The index of the interface of this name, which is made where there is none. One of another kind
/// is an Error.
int ensure(netlink::Socket& route, const std::string& name);
/// Gives the interface, once it has its key and its port, its own address (what lies behind it is
/// the rest of the prefix) and its MTU, and raises it.
void raise(netlink::Socket& route, const std::string& name, const Prefix& inner, unsigned mtu);

} // namespace ocinet::wireguard
