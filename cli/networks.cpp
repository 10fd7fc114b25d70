// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/networks.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>

#include "cli/containers.h"
#include "netsetup/base/names.h"
#include "netsetup/base/paths.h"

namespace ocinet::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* built_in[] = {"bridge", "host", "none"};

// Sorted: those that have a file, and the built-in ones.
std::set<std::string> network_names() {
    std::set<std::string> names(std::begin(built_in), std::end(built_in));
    std::error_code error;
    fs::directory_iterator at(paths::networks, error);
    for (; !error && at != fs::directory_iterator(); at.increment(error)) {
        const auto& path = at->path();
        if (path.extension() == ".json" && is_network_name(path.stem().string())) {
            names.insert(path.stem().string());
        }
    }
    if (error && error.value() != ENOENT) {
        throw system_error(error.value(), std::string("read directory ") + paths::networks);
    }
    return names;
}

bool has_file(const std::string& name) {
    std::error_code error;
    const auto status = fs::symlink_status(network_file(name), error);
    if (error && error.value() != ENOENT && error.value() != ENOTDIR) {
        throw system_error(error.value(), "stat " + network_file(name));
    }
    return fs::exists(status);
}

} // namespace

std::string network_file(const std::string& name) {
    return std::string(paths::networks) + "/" + name + ".json";
}

std::vector<KnownNetwork> known_networks() {
    std::vector<KnownNetwork> networks;
    for (const auto& name : network_names()) {
        if (auto network = find_network(name)) {
            networks.push_back(std::move(*network));
        }
    }
    return networks;
}

std::optional<KnownNetwork> find_network(const std::string& name) {
    if (!is_network_name(name)) {
        return std::nullopt;
    }
    KnownNetwork known{.name = name};
    if (!has_file(name)) {
        known.network = oci::built_in_network(name);
        return known.network ? std::optional(std::move(known)) : std::nullopt;
    }
    known.file = network_file(name);
    try {
        known.network = oci::load_network(name, paths::networks);
    } catch (const Error& error) {
        known.problem = error.message();
    }
    return known;
}

KnownNetwork required_network(const std::string& name) {
    auto found = find_network(name);
    if (!found) {
        throw Error("no network \"" + name + "\"")
            .hint("`ocinet network ls` shows those there are");
    }
    return std::move(*found);
}

std::map<std::string, std::vector<User>> users_of_networks(const std::vector<Record>& records) {
    std::map<std::string, std::vector<User>> users;
    for (const auto& record : records) {
        std::map<std::string, User> by_network;
        for (const auto& network : record.networks) {
            by_network[network]; // also where the plan tells of no attachment to it
        }
        for (const auto& attached : attachments_of(record)) {
            by_network[attached.network].attached.push_back(attached);
        }
        for (auto& [network, user] : by_network) {
            user.id = record.id;
            user.name = name_of(record);
            users[network].push_back(std::move(user));
        }
    }
    return users;
}

std::vector<User> users_of(const std::string& network) {
    auto users = users_of_networks(read_records());
    return std::move(users[network]);
}

std::string text_of(const User& user) {
    return user.name.empty() ? short_id(user.id) : user.name + " (" + short_id(user.id) + ")";
}

} // namespace ocinet::cli
