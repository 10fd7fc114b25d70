// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "netsetup/base/address.h"
#include "netsetup/endpoints.h"
#include "netsetup/netlink.h"
#include "netsetup/nft.h"

/// Who may send frames to an overlay network's VXLAN device: the hosts that it sends to itself, by
/// its entries (endpoints.h). So the device can be asked who they are, by whoever loads the policy
/// anew. Networks that WireGuard encrypts need none of this, and with EVPN nobody here knows them.
namespace ocinet::peers {

/// What a network's UDP packets have in common (RFC 7348, section 5).
struct Tunnel {
    std::string network;
    std::uint16_t port = 0;
    std::uint32_t vni = 0;
};

/// These, in the policy's sets `peers4` and `peers6`. That nobody else may send is said by an
/// element of `tunnels`, the network's guard.
std::vector<nft::Element> elements(const Tunnel& tunnel, const std::set<IpAddress>& hosts);

std::set<IpAddress> hosts_of(const std::vector<endpoints::Endpoint>& endpoints);

/// The hosts that may send, as the policy has them; none where it is not loaded.
std::set<IpAddress> allowed(netlink::Socket& netfilter, const Tunnel& tunnel);

/// Takes it from those who have gone, and lets those send who have come; what is so already is
/// success. Where the policy is not loaded, nothing: who loads it asks the device.
void change(netlink::Socket& netfilter, const Tunnel& tunnel, const std::set<IpAddress>& gone,
            const std::set<IpAddress>& come);
/// Lets these hosts send, and no others.
void synchronise(netlink::Socket& netfilter, const Tunnel& tunnel,
                 const std::set<IpAddress>& wanted);

/// What a policy with these elements must have besides: the peers of the devices whose guards are
/// among them.
std::vector<nft::Element> by_devices(netlink::Socket& route,
                                     const std::vector<nft::Element>& elements);
/// After it was loaded: whoever came or went meanwhile did so in the tables that are gone.
void settle(netlink::Socket& route, netlink::Socket& netfilter,
            const std::vector<nft::Element>& elements);

} // namespace ocinet::peers
