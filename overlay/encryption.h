// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "netsetup/netlink.h"
#include "netsetup/wireguard.h"

namespace ocinet::overlay {

/// The WireGuard interface by which this host's tunnels of encrypted networks lead
/// (oci::encrypting_interface). It stays when the program ends: containers go on.
class Encryption {
public:
    /// `directory`: where the host's key is kept. `address`, `port`: where the others find it.
    Encryption(std::string directory, const IpAddress& address, std::uint16_t port);

    /// Sees to it that it is there, and returns the host's public key. Throws Error.
    const wireguard::Key& ensure();
    /// Tells it of these hosts, and of no others. It is there.
    void apply(const std::vector<wireguard::Peer>& peers);

private:
    bool is_there();
    void make();
    unsigned inner_mtu();
    unsigned underlay_mtu();

    std::string directory_;
    IpAddress address_;
    std::uint16_t port_;
    netlink::Socket route_;
    int index_ = 0;
    unsigned mtu_ = 0;
    wireguard::Key public_key_;
    /// Of what it was told since it was made, or found.
    std::optional<std::map<wireguard::Key, wireguard::Peer>> known_;
};

} // namespace ocinet::overlay
