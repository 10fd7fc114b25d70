// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "drivers/driver.h"

/// Published ports: from what is asked for to claims, firewall elements and words.
namespace ocinet::drivers {

/// The claims to look up, in the order of the request's publications.
std::vector<HostQuery::Port> wanted_ports(const Request& request);

/// The request's publications, with the host ports that were chosen filled in.
std::vector<Publication> chosen_ports(const Request& request, const HostView& view);

/// Takes the claims (shared) and puts the elements in place (own), for each family's address.
void publish(Plan& plan, const Request& request, const std::vector<Publication>& ports,
             const std::vector<Prefix>& addresses);

/// Takes the claims alone: where others make the ports reachable.
void claim(Plan& plan, const Request& request, const std::vector<Publication>& ports);

/// `80/tcp -> 0.0.0.0:8080`, a text for each family.
std::vector<std::string> published_texts(const std::vector<Publication>& ports);

/// Who put an element into the firewall: the id, cut to 64 characters, and the network; nft takes
/// comments of 128.
std::string element_comment(const Request& request);

} // namespace ocinet::drivers
