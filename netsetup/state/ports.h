// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "netsetup/base/address.h"
#include "netsetup/state/directory.h"

/// Host ports, lent to containers: ports/tcp/8080/ADDRESS is a symlink to the container's id;
/// ports/tcp-ranges/9000-9010/ADDRESS likewise, apart so that looking up one port need not read
/// thousands of others. The caller holds the host's lock.
namespace ocinet::state {

struct PortClaim {
    std::string protocol;
    /// 0.0.0.0 claims the ports on every IPv4 address, :: on every IPv6 address.
    IpAddress address;
    std::uint16_t first = 0;
    std::uint16_t count = 1;

    bool contains(std::uint64_t port) const { return port >= first && port < first + count; }
    /// Whether a packet to `other` would be the claim's; or the other way round.
    bool covers(const IpAddress& other) const {
        return other.family() == address.family() &&
               (other == address || other.is_any() || address.is_any());
    }
};

void to_json(nlohmann::json& json, const PortClaim& claim);
void from_json(const nlohmann::json& json, PortClaim& claim);

/// A container whose claim overlaps this one, in port and in address.
std::optional<std::string> port_owner(const Directory& directory, const PortClaim& claim);

void take_ports(const Directory& directory, const PortClaim& claim, const std::string& id);

/// Idempotent; another container's claim is left alone.
void release_ports(const Directory& directory, const PortClaim& claim, const std::string& id);

} // namespace ocinet::state
