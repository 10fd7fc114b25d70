// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "netsetup/record.h"
#include "oci-config/network.h"

/// The networks of this host and who uses them: what the verbs of `ocinet network` share.
namespace ocinet::cli {

struct KnownNetwork {
    std::string name;
    /// Empty for a built-in one.
    std::string file;
    /// Nothing when the file cannot be understood: then `problem` says why.
    std::optional<oci::Network> network;
    std::string problem;
};

/// All of them, by name.
std::vector<KnownNetwork> known_networks();
/// Nothing when there is neither a file nor a built-in one of this name.
std::optional<KnownNetwork> find_network(const std::string& name);
/// The same; throws Error when there is none.
KnownNetwork required_network(const std::string& name);

std::string network_file(const std::string& name);

/// A container on a network.
struct User {
    std::string id;
    std::string name;
    /// Its attachments to this network.
    std::vector<Attached> attached;
};

/// By the networks' names.
std::map<std::string, std::vector<User>> users_of_networks(const std::vector<Record>& records);
std::vector<User> users_of(const std::string& network);

/// `web (0123456789ab)`, for messages.
std::string text_of(const User& user);

} // namespace ocinet::cli
