// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "drivers/driver.h"

/// Which address and which MAC a container gets on a network with one IPv4 subnet.
namespace ocinet::drivers {

/// The network's subnet; throws Error when it has none or several.
const oci::Subnet& subnet_of(const Request& request);

/// Asks for ip=, or for any free address; throws Error for one that is no host's in the subnet.
HostQuery::Address wanted_address(const Request& request);

/// 02:0c and the address: locally administered, and the same for the next container that gets this
/// address, so that the neighbours' ARP entries stay true.
Mac mac_of(const IpAddress& address);
/// fe:0c and the address: the host's end of a container's link.
Mac host_end_mac_of(const IpAddress& address);

} // namespace ocinet::drivers
