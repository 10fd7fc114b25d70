// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "oci-config/json.h"
#include "oci-config/network.h"

/// What stands in the files of networks that others' plugins make: the drivers cni, netavark-plugin
/// and docker-plugin. All of it throws Error, which names file and key.
namespace ocinet::oci {

/// Which plugins they are; nothing where the network's driver is ours.
void read_plugin(ObjectReader& reader, Network& network);

/// Puts together what a plugin of netavark's or Docker's is told of the network: all that the file
/// says, and `options`, which are the plugin's, not ours.
void tell_plugin(ObjectReader& reader, Network& network);

/// `ipam_options` of the driver docker-plugin; false where nobody of Docker's gives the addresses.
bool read_docker_ipam(const nlohmann::json& value, const std::string& name, Network& network);

} // namespace ocinet::oci
