// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "netsetup/base/address.h"
#include "overlay/etcd/client.h"

namespace ocinet::overlay {

/// /etc/ocinet/overlay.json: how this host takes part in overlay networks that etcd holds together.
/// Only ocinet-overlay reads it: it may hold what etcd asks for.
struct Config {
    /// From which this host's tunnels lead: one of its own.
    IpAddress address;
    /// UDP, by which encrypted networks' tunnels lead.
    std::uint16_t wireguard_port = 51820;
    etcd::Access etcd;
    /// Of the keys.
    std::string prefix = "/ocinet";
    /// Seconds after which the others forget a host of which etcd hears nothing.
    std::int64_t ttl = 10;
};

/// Throws Error.
Config parse_config(const std::string& text, const std::string& file);
/// With the password, from the file that it names.
Config load_config(const std::string& file);

} // namespace ocinet::overlay
