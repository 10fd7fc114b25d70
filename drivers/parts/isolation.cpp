// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers/parts/isolation.h"

#include "drivers/parts/publish.h"

namespace ocinet::drivers {

namespace {

using Elements = std::vector<nft::Element>;

// Named by the family of their subnet: "masq4", "masq6".
std::string for_family(const char* set, const Prefix& subnet) {
    return set + std::string(subnet.address.is_v4() ? "4" : "6");
}

void add_ways_out(Elements& elements, const oci::Network& network) {
    for (const auto& [prefix, gateway, first, last] : network.subnets) {
        const auto& outbound = gateway.is_v4() ? network.outbound_addr4 : network.outbound_addr6;
        if (outbound) {
            elements.push_back({.set = for_family("outbound", prefix),
                                .key = {prefix.text()},
                                .value = {outbound->text()},
                                .comment = network.name});
        }
        elements.push_back(
            {.set = for_family("masq", prefix), .key = {prefix.text()}, .comment = network.name});
        for (const auto& other : network.subnets) {
            if (other.gateway.family() == gateway.family()) {
                elements.push_back({.set = for_family("hairpin", prefix),
                                    .key = {prefix.text(), other.subnet.text()},
                                    .comment = network.name});
            }
        }
    }
}

} // namespace

Elements network_elements(const Request& request) {
    const oci::Network& network = request.network;
    const std::string& bridge = network.interface;
    Elements elements;
    const auto add = [&](const char* set) {
        elements.push_back({.set = set, .key = {bridge}, .comment = network.name});
    };
    add("bridges");
    elements.push_back(
        {.set = network.icc ? "same" : "apart", .key = {bridge, bridge}, .comment = network.name});
    if (network.internal) {
        add("internals");
    }
    if (network.internal || !network.host_access) {
        add("limited");
    }
    if (network.isolation == oci::Isolation::open) {
        add("open");
    } else if (network.isolation == oci::Isolation::strict) {
        add("strict");
    }
    if (!network.internal) {
        add_ways_out(elements, network);
    }
    return elements;
}

Elements port_elements(const Request& request, const std::string& port, const Mac& bridge) {
    if (request.network.icc) {
        return {};
    }
    const std::string comment = element_comment(request);
    return {{.set = "lone", .key = {port}, .comment = comment},
            {.set = "gateways", .key = {port, bridge.text()}, .comment = comment}};
}

} // namespace ocinet::drivers
