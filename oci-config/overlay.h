// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
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
        /// ocinet-overlay, by etcd.
        etcd,
        /// Routing daemons, to each other (RFC 7432, RFC 8365).
        evpn,
    };

    Control control = Control::file;
    /// Its tunnels lead by `encrypting_interface`, from this host's address there.
    bool encrypted = false;
    /// The VXLAN network identifier (RFC 7348, section 5), and the UDP port.
    std::uint32_t vni = 0;
    std::uint16_t port = 4789;
    /// Etcd says which addresses are whose; then `hosts` is this one alone (complete()).
    bool is_completed = false;
    std::vector<Host> hosts;

    /// Whether the other hosts, whose addresses are known here, are the only ones from which it
    /// takes anything (netsetup/peers.h): else WireGuard tells them, or routing daemons alone know
    /// them.
    bool has_peers() const { return !encrypted && control != Control::evpn; }
};

/// Whether an address lies in the host's ranges.
bool gives(const Overlay::Host& host, const IpAddress& address);

/// How many addresses a host takes at once of a network in etcd: the option block_size. A power of
/// two.
inline constexpr std::uint64_t smallest_block = 4;
inline constexpr std::uint64_t largest_block = 1U << 16;
bool is_block_size(std::uint64_t size);

/// As the option `control` has it; nothing for any other word.
std::optional<Overlay::Control> parse_control(std::string_view text);
std::string name_of(Overlay::Control control);

/// The WireGuard interface that ocinet-overlay makes where a network is encrypted.
inline constexpr const char* encrypting_interface = "wg-ocinet";

/// Where ocinet-overlay writes, as NAME.json, what a network's file on this host leaves open.
inline constexpr const char* completions = "/var/lib/ocinet/overlay";

/// Where ocinet-overlay is asked (netsetup/packets.h) for addresses that no block of this host's
/// has, and that it may have from etcd all the same, one by one:
///     {"network": NAME, "addresses": [ADDRESS, …]}
/// They are this host's as long as the connection lasts, and as long as a container's record names
/// them.
inline constexpr const char* grants = "/var/lib/ocinet/overlay/grants.sock";

/// Whether a network's file leaves it to etcd which addresses are whose: with control=etcd, and
/// with control=evpn where it names no hosts.
bool is_completed(const nlohmann::json& file);

/// Adds to such a file what stands in etcd, which `directory` holds (`completions`). Leaves others
/// alone. Throws Error where nothing is there yet.
void complete(nlohmann::json& file, const std::string& name, const std::string& directory);

/// The file's member `hosts`. Throws Error.
std::vector<Overlay::Host> read_hosts(ObjectReader& reader, const std::vector<Subnet>& subnets,
                                      Overlay::Control control);

} // namespace ocinet::oci
