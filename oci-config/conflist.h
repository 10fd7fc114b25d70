// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace ocinet::oci {

/// A chain of CNI plugins that make a network together: a network configuration list (CNI
/// specification 1.1, section 1).
struct Conflist {
    struct Plugin {
        /// Its program's name.
        std::string type;
        /// What it takes of runtimeConfig.
        std::vector<std::string> capabilities;
        /// What it is given on stdin, as JSON, but for what a runtime adds: its configuration with
        /// the list's name and version.
        std::string config;

        bool takes(std::string_view capability) const;
    };

    /// As the plugins know the network.
    std::string name;
    /// The newest one that the list and we know.
    std::string version;
    /// Unless disableCheck, disableGC.
    bool checks = true;
    bool collects = true;
    /// One at least.
    std::vector<Plugin> plugins;
};

/// Whether a version of the specification has a command: CHECK 0.4.0, GC and STATUS 1.1.0.
bool has_check(std::string_view version);
bool has_gc_and_status(std::string_view version);

/// `network`: what the list is called that has no name. Keys that are not the specification's stay
/// what they are: plugins know them. Throws Error, which names `document`.
Conflist read_conflist(const nlohmann::json& json, const std::string& network,
                       const std::string& document);

/// Puts the list into a network's file that names the path of one: its member `conflist`. Leaves
/// others alone. Throws Error.
void embed_conflist(nlohmann::json& file, const std::string& name);

} // namespace ocinet::oci
