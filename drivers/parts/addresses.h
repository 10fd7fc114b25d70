// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "drivers/driver.h"

/// Which addresses and which MAC a container gets: one address of each of the network's subnets.
namespace ocinet::drivers {

/// Asks for each subnet for the ip= that lies in it, or for any free address; throws Error for an
/// ip= that no host of the network can have, and for a network without subnets that needs one.
std::vector<HostQuery::Address> wanted_addresses(const Request& request);
/// That of these in which the address lies.
const state::AddressRange& range_with(const HostQuery::Address& wanted, const IpAddress& address);

/// The addresses that were found, each with its subnet's length.
std::vector<Prefix> found_addresses(const Request& request, const HostView& view);

/// The first of a family; nothing when there is none.
std::optional<IpAddress> first_of(const std::vector<Prefix>& addresses, int family);
/// The first gateway of a family.
std::optional<IpAddress> gateway_of(const oci::Network& network, int family);

/// 02:0c and the last four bytes of the first address: locally administered, and the same for the
/// next container that gets this address, so that the neighbours' entries stay true.
Mac mac_of(const IpAddress& address);
/// 02:0c and four random bytes.
Mac random_mac(NameSource& names);
/// 02:0c and four bytes that follow from the text.
Mac mac_of(const std::string& text);
/// fe:0c and the last four bytes of the address: the host's end of a container's link.
Mac host_end_mac_of(const IpAddress& address);

} // namespace ocinet::drivers
