// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "netsetup/base/address.h"
#include "netsetup/netlink.h"
#include "oci-config/network.h"

/// Networks that are not ours, but whose addresses and interfaces must not become ours, too.
namespace ocinet::cli {

struct ForeignNetwork {
    std::string name;
    std::string interface;
    std::vector<Prefix> subnets;
    std::string file;
};

/// Podman's: its files, and the one that it has without a file. Docker keeps its networks in a
/// database (/var/lib/docker/network/files/local-kv.db, boltdb) that nobody but Docker should open;
/// but their bridges stand in the kernel as long as Docker runs, with addresses and routes that are
/// seen there. What cannot be understood of a file is left out.
std::vector<ForeignNetwork> podmans_networks();

/// Why a container could not be attached to this network of ours, because its bridge is another's;
/// a line each.
std::vector<std::string> bridge_problems(const oci::Network& network,
                                         const std::vector<ForeignNetwork>& podmans,
                                         netlink::Socket& route);

} // namespace ocinet::cli
