// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "drivers/driver.h"

/// Published ports: from what is asked for to claims, firewall elements and words.
namespace ocinet::drivers {

/// The claims to look up, in the order of the request's mappings.
std::vector<state::PortClaim> port_claims(const Request& request);

/// The request's mappings, with the host ports that were chosen filled in.
std::vector<oci::PortMapping> chosen_ports(const Request& request, const HostView& view);

/// Takes the claims (shared) and puts the elements in place (own).
void publish(Plan& plan, const Request& request, const std::vector<oci::PortMapping>& ports,
             const IpAddress& container);

/// `80/tcp -> 0.0.0.0:8080`
std::string published_text(const oci::PortMapping& port);

/// Who put an element into the firewall: the id, cut to 64 characters, and the network; nft takes
/// comments of 128.
std::string element_comment(const Request& request);

} // namespace ocinet::drivers
