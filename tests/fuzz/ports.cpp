// SPDX-License-Identifier: GPL-2.0-or-later
// Published ports, as in the annotation io.ocinet.publish.
#include "oci-config/port_mapping.h"

#include "tests/fuzz/oracle.h"
#include "tests/fuzz/targets.h"

namespace ocinet::fuzz {

void fuzz_ports(const std::string& input) {
    const auto mappings = accepted([&] { return oci::parse_publish(input); });
    if (!mappings) {
        return;
    }
    std::string written;
    for (const auto& mapping : *mappings) {
        written += (written.empty() ? "" : ",") + mapping.text();
        require(mapping.count > 0 && mapping.container_port > 0, "a port is a port");
        require(mapping.container_port + mapping.count - 1 <= 65535 &&
                    mapping.host_port + mapping.count - 1 <= 65535,
                "a range ends with the ports");
        require(mapping.host_port > 0 || mapping.count == 1, "a range has its host ports");
    }
    require(oci::parse_publish(written) == *mappings, "ports read as they are written");
}

} // namespace ocinet::fuzz
