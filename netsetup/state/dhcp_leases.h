// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "netsetup/base/address.h"
#include "netsetup/process.h"
#include "netsetup/state/directory.h"

/// What DHCP servers lend to containers' interfaces: dhcp/ID/INTERFACE.json, replaced as a whole,
/// and written by the interface's client, once it runs. Addresses of ours are in leases.h.
namespace ocinet::state {

struct DhcpLease {
    struct Route {
        Prefix destination;
        /// Nothing: whoever is on the link.
        std::optional<IpAddress> gateway;
        bool operator==(const Route&) const = default;
    };

    /// pid 0: none runs.
    ProcessIdentity client;
    /// That client, or one before it, has told of something: what is run as one is one.
    bool heard = false;
    /// Nothing: the interface has none now.
    std::optional<Prefix> address;
    std::vector<Route> routes;
    std::vector<IpAddress> dns_servers;
    std::string domain;
    /// Who lent it, as it calls itself (RFC 2132, option 54).
    std::string server;
    /// Seconds since 1970.
    std::uint64_t expires = 0;
    /// What went wrong last, since there was an address.
    std::string problem;
};

/// Nothing when there is none, or none that can be read.
std::optional<DhcpLease> read_dhcp_lease(const Directory& directory, const std::string& id,
                                         const std::string& interface);
/// An empty one, in the container's directory, which is made; replaces another.
void create_dhcp_lease(const Directory& directory, const std::string& id,
                       const std::string& interface);
/// Throws Error, also when the last one of the container has been removed: a client's last words
/// bring nothing back.
void write_dhcp_lease(const Directory& directory, const std::string& id,
                      const std::string& interface, const DhcpLease& lease);
/// Idempotent; the last one of a container removes its directory.
void remove_dhcp_lease(const Directory& directory, const std::string& id,
                       const std::string& interface);

/// The processes of the container's clients, which live in its network namespace.
std::vector<pid_t> dhcp_clients(const Directory& directory, const std::string& id);

/// Where the container's leases are, below the directory.
std::string dhcp_directory_of(const std::string& id);

} // namespace ocinet::state
