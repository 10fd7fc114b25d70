// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "netsetup/base/address.h"
#include "oci-config/port_mapping.h"
#include "oci-config/state.h"

namespace ocinet::oci {

/// Each annotation of ours begins so; one that is not known is an error.
inline constexpr std::string_view annotation_prefix = "io.ocinet.";

/// One network that a container asks for: `web:ip=10.90.1.5,mac=…,interface_name=eth1`.
struct Attachment {
    std::string network;
    /// At most one of each of the network's subnets.
    std::vector<IpAddress> addresses;
    std::optional<Mac> mac;
    /// The interface's name in the container; and on the host. Empty: chosen.
    std::string interface;
    std::string host_interface;
    /// This network gives the container its default route.
    bool default_route = false;
};

/// What a container's io.ocinet.* annotations ask for.
struct ContainerRequest {
    std::vector<Attachment> attachments;
    std::vector<PortMapping> publish;
    /// io.ocinet.name: the container's name, or empty.
    std::string name;
};

/// An annotations object, as state and config.json hold it: every value a string.
Annotations parse_annotations(const nlohmann::json& object, const std::string& where);

/// Nothing when no annotation is ours; throws Error for an unknown io.ocinet.* key or a bad value.
std::optional<ContainerRequest> parse_request(const Annotations& annotations);

/// The value of io.ocinet.network.
std::vector<Attachment> parse_attachments(const std::string& text);

} // namespace ocinet::oci
