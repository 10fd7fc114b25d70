// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "drivers/driver.h"

/// What each driver does alike with the container's interface.
namespace ocinet::drivers {

/// Takes the addresses that were found to be free.
void take_addresses(Plan& plan, const Request& request, const std::vector<Prefix>& addresses);

/// False of an ipvlan that routes (l3, l3s): it asks for nobody's MAC address, a route names the
/// interface alone.
bool asks_neighbours(const Request& request);

/// By which the container's default route of the family leads; nothing without one.
std::optional<IpAddress> default_gateway(const Request& request, int family);

/// Addresses and routes, and the interface and lo up.
void configure_link(Plan& plan, const Request& request, const std::vector<Prefix>& addresses);

/// The hook's answer, but for what is the host's.
Attached summary(const Request& request, const std::vector<Prefix>& addresses, const Mac& mac);

/// Throws Error for two routes to one destination, and for a gateway outside the network's subnets.
void refuse_bad_routes(const Request& request);

} // namespace ocinet::drivers
