// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "netsetup/base/address.h"
#include "oci-config/annotations.h"

namespace ocinet::oci {

/// What the administrator allows containers to ask for: /etc/ocinet/ocinet.json. Without the file,
/// and for each key that is not in it, everything but image_requests.
struct Settings {
    struct PortRange {
        std::uint16_t first = 1;
        std::uint16_t last = 65535;
    };

    /// The file, for messages.
    std::string file;
    /// An image's own annotations may ask, too.
    bool image_requests = false;
    /// Networks that containers may ask for, `host` and `none` like any other.
    std::optional<std::vector<std::string>> networks;
    /// Where ports may be published. 0.0.0.0 stands for itself alone: who may publish on all
    /// addresses may do so on those that the host gets tomorrow.
    std::optional<std::vector<Prefix>> host_addresses;
    /// Host ports that may be published; one that is chosen for a container is chosen from them.
    std::optional<PortRange> port_range;
    /// The runtime wrapper may put a container that asks for `host` into the host's network. The
    /// hook cannot, it only looks whether the container is there.
    bool host = false;
    /// What this host is called in the files of overlay networks; empty: by its hostname.
    std::string host_name;
};

/// A key that is not known, or has the wrong value, is an Error that names file and key.
Settings parse_settings(const std::string& text, const std::string& file);

/// The default where there is no file.
Settings load_settings(const std::string& file);

/// What this host is called: as the file says, or by its hostname (gethostname(2)).
std::string own_name(const Settings& settings);

/// Throws Error for what the administrator does not allow.
void check_allowed(const Settings& settings, const ContainerRequest& request);

} // namespace ocinet::oci
