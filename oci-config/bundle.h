// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "oci-config/state.h"

namespace ocinet::oci {

inline constexpr std::size_t max_config_size = 16 << 20;

/// What we need of a bundle's config.json (runtime-spec, "Configuration").
struct Bundle {
    enum class Network {
        /// No network namespace entry: the container shares the host's.
        host,
        /// The runtime makes one.
        own,
        /// An existing one, named by a path.
        path,
    };

    std::string path;
    Annotations annotations;
    std::string hostname;
    Network network = Network::host;
    /// The network namespace's file, when it is named by a path.
    std::string network_path;

    /// The file that the engine mounts as /etc/hosts, if it does.
    struct HostsMount {
        std::string source;
        bool read_only = false;
    };
    std::optional<HostsMount> hosts;
};

/// Reads DIRECTORY/config.json; throws Error when there is none. Unknown keys are ignored.
Bundle read_bundle(const std::string& directory);

/// The same of a config.json's text.
Bundle parse_bundle(const std::string& text, const std::string& directory);

} // namespace ocinet::oci
