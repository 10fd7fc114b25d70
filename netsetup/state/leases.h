// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "netsetup/base/address.h"
#include "netsetup/state/directory.h"

/// Addresses of networks, lent to containers: networks/NAME/SUBNET/leases/ADDRESS is a symlink to
/// the container's id, so that one system call takes an address and says whose it is; SUBNET is the
/// subnet's first address. The file networks/NAME/SUBNET/map holds the place where the last search
/// ended and a bit for each address in use, which makes the search for a free one independent of
/// how many are taken; it is a hint, the symlinks are the truth. The caller holds the network's
/// lock.
namespace ocinet::state {

/// From which addresses one is wanted.
struct AddressRange {
    std::string network;
    /// The subnet's first address: the map counts from here, whatever the range. The range lies
    /// within 2^62 addresses of it.
    IpAddress base;
    IpAddress first;
    IpAddress last;
    /// Inside the range, but never given out: the gateway.
    std::vector<IpAddress> never;
};

/// The next free address behind the one given out last (next-fit: an address rests as long as
/// possible before its neighbours' caches meet it again). Takes nothing. Nothing when all are
/// taken.
std::optional<IpAddress> next_free(const Directory& directory, const AddressRange& range);

/// The container that has the address.
std::optional<std::string> lease_owner(const Directory& directory, const AddressRange& range,
                                       const IpAddress& address);

/// Throws Error when another container has it.
void take_address(const Directory& directory, const AddressRange& range, const IpAddress& address,
                  const std::string& id);

/// Idempotent; another container's lease is left alone. The last one removes the subnet's and the
/// network's directory.
void release_address(const Directory& directory, const AddressRange& range,
                     const IpAddress& address, const std::string& id);

} // namespace ocinet::state
