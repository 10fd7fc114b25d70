// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "netsetup/base/address.h"

namespace ocinet::oci {

/// `[HOST_IP:][HOST_PORT[-END]:]PORT[-END][/tcp|/udp|/sctp]`, as `docker run -p` takes it; an IPv6
/// address stands in brackets.
struct PortMapping {
    /// Nothing: every address of both families.
    std::optional<IpAddress> host_address;
    /// 0: a free port is chosen.
    std::uint16_t host_port = 0;
    std::uint16_t container_port = 0;
    /// How many ports follow one another; host and container ports map one to one.
    std::uint16_t count = 1;
    std::string protocol = "tcp";

    std::string text() const;
    bool operator==(const PortMapping&) const = default;
};

/// Mappings separated by commas; throws Error for a malformed one, and for two that claim the same
/// host port.
std::vector<PortMapping> parse_publish(std::string_view text);

} // namespace ocinet::oci
