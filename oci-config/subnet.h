// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "netsetup/base/address.h"

namespace ocinet::oci {

class ObjectReader;

/// One of a network's subnets, IPv4 or IPv6: a container gets an address of each.
struct Subnet {
    Prefix subnet;
    IpAddress gateway;
    /// The addresses that are given out, both ends included; by default all, of IPv6 the first
    /// 2^62. The subnet's own address, IPv4's broadcast address and the gateway never are.
    IpAddress lease_first;
    IpAddress lease_last;

    bool operator==(const Subnet&) const = default;
};

/// An item of a network file's `subnets`.
Subnet read_subnet(const nlohmann::json& value, const std::string& name);

/// A subnet with the gateway and the leases that it has when the file says nothing of them.
Subnet subnet_of(const Prefix& prefix);

/// A /64 of the unique local addresses (RFC 4193), always the same for the same network's name.
Prefix local_ipv6_subnet(const std::string& network);

/// An address that a host in the subnet can have.
bool is_host_address(const IpAddress& address, const Prefix& subnet);

/// Reads a prefix without host bits; throws Error for anything else.
Prefix read_prefix(ObjectReader& reader, const std::string& key);
IpAddress read_address(ObjectReader& reader, const std::string& key);

} // namespace ocinet::oci
