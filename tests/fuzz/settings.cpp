// SPDX-License-Identifier: GPL-2.0-or-later
// The administrator's settings, ocinet.json.
#include "oci-config/settings.h"

#include "netsetup/base/names.h"
#include "tests/fuzz/oracle.h"
#include "tests/fuzz/targets.h"

namespace ocinet::fuzz {

void fuzz_settings(const std::string& input) {
    const auto settings = accepted([&] { return oci::parse_settings(input, "/ocinet.json"); });
    if (!settings) {
        return;
    }
    for (const auto& name : settings->networks.value_or(std::vector<std::string>())) {
        require(is_network_name(name), "a network's name is one");
    }
    const auto range = settings->port_range.value_or(oci::Settings::PortRange());
    require(range.first > 0 && range.first <= range.last, "a range of ports is one");
    const oci::ContainerRequest wanted{
        .attachments = oci::parse_attachments("web"),
        .publish = oci::parse_publish("127.0.0.1:8080:80,[fd00::1]:9000-9010:9000-9010,53/udp")};
    accepted([&] { return oci::check_allowed(*settings, wanted), true; });
}

} // namespace ocinet::fuzz
