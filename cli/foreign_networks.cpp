// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/foreign_networks.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "netsetup/base/log.h"
#include "netsetup/base/names.h"
#include "netsetup/link.h"
#include "oci-config/json.h"

namespace ocinet::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_file = 1 << 20;

// containers.conf(5), network_config_dir: root's, and the one below the storage of an engine that
// was told to keep them there.
constexpr const char* directories[] = {"/etc/containers/networks",
                                       "/var/lib/containers/storage/networks"};

std::string text_at(const nlohmann::json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

ForeignNetwork read_network(const fs::path& path) {
    const auto text = read_file(path.string(), max_file);
    const auto json = oci::parse_json(text.value_or("{}"), path.string());
    ForeignNetwork network{.name = path.stem().string(), .file = path.string()};
    if (!json.is_object()) {
        return network;
    }
    network.interface = text_at(json, "network_interface");
    const auto subnets = json.find("subnets");
    for (const auto& subnet : subnets != json.end() ? *subnets : nlohmann::json::array()) {
        const auto prefix =
            subnet.is_object() ? Prefix::parse(text_at(subnet, "subnet")) : std::nullopt;
        if (prefix) {
            network.subnets.push_back(*prefix);
        }
    }
    return network;
}

void read_directory(const char* directory, std::vector<ForeignNetwork>& networks) {
    std::error_code error;
    fs::directory_iterator at(directory, error);
    for (; !error && at != fs::directory_iterator(); at.increment(error)) {
        if (at->path().extension() != ".json") {
            continue;
        }
        try {
            networks.push_back(read_network(at->path()));
        } catch (const Error& problem) {
            log::warning(problem.message());
        }
    }
    // Who may not read it learns less; that is no reason not to show our own networks.
    if (error && error.value() != ENOENT) {
        log::warning(std::string(directory) + ": " + errno_text(error.value()));
    }
}

bool has_podmans_default(const std::vector<ForeignNetwork>& networks) {
    return std::any_of(networks.begin(), networks.end(),
                       [](const ForeignNetwork& network) { return network.name == "podman"; });
}

} // namespace

std::vector<ForeignNetwork> podmans_networks() {
    std::vector<ForeignNetwork> networks;
    for (const char* directory : directories) {
        read_directory(directory, networks);
    }
    if (!has_podmans_default(networks)) {
        networks.push_back({.name = "podman",
                            .interface = "podman0",
                            .subnets = {*Prefix::parse("10.88.0.0/16")}});
    }
    return networks;
}

std::vector<std::string> bridge_problems(const oci::Network& network,
                                         const std::vector<ForeignNetwork>& podmans,
                                         netlink::Socket& route) {
    std::vector<std::string> problems;
    if (!network.overlay && (network.driver != "bridge" || !network.managed)) {
        return problems; // it has no bridge of ours
    }
    const std::string head = "network \"" + network.name + "\": ";
    for (const auto& podman : podmans) {
        if (podman.interface == network.interface) {
            problems.push_back(head + "its bridge " + network.interface +
                               " is that of Podman's network \"" + podman.name + "\"" +
                               (podman.file.empty() ? "" : ", " + podman.file));
        }
    }
    const auto found = link::find(route, network.interface);
    if (found && found->alias != link_alias("", network.name)) {
        problems.push_back(head + "the host has an interface " + network.interface +
                           " already, which is not this network's");
    }
    return problems;
}

} // namespace ocinet::cli
