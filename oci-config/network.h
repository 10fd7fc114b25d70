// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "netsetup/base/address.h"
#include "oci-config/annotations.h"

namespace ocinet::oci {

struct Subnet {
    Prefix subnet;
    IpAddress gateway;
    /// The addresses that are given out, both ends included; the whole subnet by default. The
    /// network's own address, its broadcast address and the gateway are never given out.
    IpAddress lease_first;
    IpAddress lease_last;

    bool operator==(const Subnet&) const = default;
};

struct Route {
    Prefix destination;
    IpAddress gateway;
    /// 0: the kernel's default.
    std::uint32_t metric = 0;

    bool operator==(const Route&) const = default;
};

/// A network that containers can be attached to: a file /etc/ocinet/networks/NAME.json with the
/// field names of Podman's network files (containers-common, netavark), or a built-in one.
struct Network {
    std::string name;
    std::string driver = "bridge";
    /// The bridge; by default derived from the network's name.
    std::string interface;
    std::vector<Subnet> subnets;
    std::vector<Route> routes;
    /// No way out: no default route, no masquerade, no published ports.
    bool internal = false;
    unsigned mtu = 1500;
};

/// `bridge`, `host` and `none` exist without a file; a file bridge.json replaces the built-in one.
std::optional<Network> built_in_network(const std::string& name);

/// Every key is implemented, harmless, or an Error that names file and key.
Network parse_network(const std::string& text, const std::string& name, const std::string& file);

/// The network's file below `directory`, else the built-in one; throws Error when there is neither.
Network load_network(const std::string& name, const std::string& directory);

/// The network of each attachment, in their order.
std::vector<Network> load_networks(const std::vector<Attachment>& attachments,
                                   const std::string& directory);

} // namespace ocinet::oci
