// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "netsetup/base/address.h"
#include "oci-config/subnet.h"

namespace ocinet::oci {

/// What a network of the driver `overlay` has beside what a bridge has: the hosts that carry it,
/// and where on them its containers are. The file is the same on all of them.
struct Overlay {
    /// A container, or several addresses of one.
    struct Endpoint {
        std::vector<IpAddress> addresses;
        /// Nothing: the one that follows from its first address.
        std::optional<Mac> mac;
    };

    struct Host {
        /// As the host calls itself (Settings::host_name).
        std::string name;
        /// From which its tunnels lead.
        IpAddress address;
        /// What its containers' addresses are taken from. None overlap, also of two hosts.
        std::vector<Prefix> ranges;
        /// Inside its ranges. Of those in the network's first subnet every address is one, so that
        /// here stands what has other MAC addresses than theirs, or more addresses.
        std::vector<Endpoint> endpoints;
    };

    /// Who says where containers on other hosts are.
    enum class Control {
        /// static: the file.
        file,
        /// ocinet-overlay, by etcd. Of the hosts the file, as complete(), has this one alone.
        etcd,
    };

    Control control = Control::file;
    /// The VXLAN network identifier (RFC 7348, section 5), and the UDP port.
    std::uint32_t vni = 0;
    std::uint16_t port = 4789;
    std::vector<Host> hosts;
};

/// Where ocinet-overlay writes, as NAME.json, what a network's file on this host leaves open.
inline constexpr const char* completions = "/var/lib/ocinet/overlay";

/// Of a network with control=etcd: adds to the file what stands in etcd, which `directory` holds
/// (`completions`). Leaves others alone. Throws Error where nothing is there yet.
void complete(nlohmann::json& file, const std::string& name, const std::string& directory);

/// The file's member `hosts`. Throws Error.
std::vector<Overlay::Host> read_hosts(ObjectReader& reader, const std::vector<Subnet>& subnets);

} // namespace ocinet::oci
