// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string>

#include "netsetup/base/address.h"
#include "netsetup/wireguard.h"
#include "overlay/container_claims.h"
#include "overlay/definition.h"

/// What stands in etcd, as it is said there: who may say it, and what holds, is another matter
/// (judgement.h).
namespace ocinet::overlay {

struct HostClaim {
    /// Tells a host from another one of the same name.
    std::string instance;
    /// From which its tunnels lead.
    IpAddress address;
    /// Of its WireGuard interface, and the UDP port of that; a host without one takes no part in
    /// encrypted networks.
    std::optional<wireguard::Key> public_key;
    std::uint16_t wireguard_port = 0;
    /// The one that it shows now: not the one that it has when its key has changed.
    std::optional<wireguard::Key> shown_key;
    /// Since when it has said its address, and its key: of two that say the same the first is
    /// meant.
    std::int64_t address_since = 0;
    std::int64_t key_since = 0;
    std::int64_t create_revision = 0;
    std::int64_t mod_revision = 0;
    std::int64_t lease = 0;
};

struct BlockClaim {
    std::string host;
    /// Of the host of this name.
    std::string instance;
    std::int64_t create_revision = 0;
};

using BlockClaims = std::map<Prefix, BlockClaim>;

inline bool overlaps_any(const BlockClaims& blocks, const Prefix& block) {
    const auto behind = blocks.lower_bound(block);
    return (behind != blocks.end() && behind->first.overlaps(block)) ||
           (behind != blocks.begin() && std::prev(behind)->first.overlaps(block));
}

/// The one in which an address lies, of blocks that do not overlap; end(): none.
inline BlockClaims::const_iterator block_around(const BlockClaims& blocks,
                                                const IpAddress& address) {
    const auto behind = blocks.upper_bound({address, address.bits()});
    if (behind == blocks.begin() || !std::prev(behind)->first.contains(address)) {
        return blocks.end();
    }
    return std::prev(behind);
}

/// Of one network.
struct Claims {
    std::optional<Definition> definition = {};
    BlockClaims blocks = {};
    ContainerClaims containers = {};

    bool is_empty() const { return !definition && blocks.empty() && containers.all().empty(); }
};

using HostClaims = std::map<std::string, HostClaim>;

} // namespace ocinet::overlay
