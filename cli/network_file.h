// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "netsetup/base/address.h"

/// From what stands on the command line of `ocinet network create` to a network's file. Pure, but
/// for the choice of a subnet, which is asked for.
namespace ocinet::cli {

/// The options, as they stand on the command line.
struct NetworkOptions {
    std::string name;
    std::string driver = "bridge";
    std::vector<std::string> subnets;
    std::vector<std::string> gateways;
    std::vector<std::string> ip_ranges;
    std::vector<std::string> options;
    std::vector<std::string> labels;
    std::vector<std::string> routes;
    std::string interface;
    std::string ipam_driver;
    bool internal = false;
    bool ipv6 = false;
    bool disable_dns = false;
};

/// The file's content, with Podman's field names. `free_subnet` chooses one of a family where none
/// is named; throws Error for options that contradict each other. What the values are worth is
/// oci::parse_network()'s to say.
nlohmann::ordered_json network_json(const NetworkOptions& options,
                                    const std::function<Prefix(int family)>& free_subnet);

} // namespace ocinet::cli
