// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers/parts/isolation.h"

#include <sys/socket.h>

#include <array>
#include <functional>

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

// What may come to its VXLAN, and from whom.
void add_tunnels(Elements& elements, const std::string& name, const oci::Overlay& overlay) {
    if (overlay.encrypted || overlay.has_peers()) {
        elements.push_back({.set = overlay.encrypted ? "sealed" : "tunnels",
                            .key = {std::to_string(overlay.port), std::to_string(overlay.vni)},
                            .comment = name});
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
    if (network.overlay) {
        add_tunnels(elements, network.name, *network.overlay);
    }
    return elements;
}

namespace {

// RFC 4291, appendix A: what the kernel makes of the MAC address with addr_gen_mode 0.
IpAddress link_local_of(const Mac& mac) {
    const auto& m = mac.bytes;
    const std::array<std::uint8_t, 16> bytes{
        0xfe, 0x80, 0,    0,    0,    0,    0,   0, std::uint8_t(m[0] ^ 2),
        m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]};
    return IpAddress::from_bytes(bytes.data(), bytes.size());
}

using Add = std::function<void(const char* set, std::vector<std::string> behind_name)>;

// What the port's frames may say that they are.
void add_identity(const Add& add, const Request& request, const BridgePort& port) {
    const std::string mac = port.mac.text();
    const auto add_address6 = [&](const IpAddress& address) {
        add("source6", {mac, address.text()});
        add("targets", {mac, address.text()});
    };
    add("macs", {mac});
    for (const auto& address : port.addresses) {
        if (address.address.is_v4()) {
            add("source4", {mac, address.address.text()});
        } else {
            add_address6(address.address);
        }
    }
    if (request.network.has(AF_INET6)) {
        add_address6(link_local_of(port.mac));
        add("lladdrs", {mac});
    }
    add("checked", {});
}

} // namespace

Elements port_elements(const Request& request, const BridgePort& port) {
    Elements elements;
    const Add add = [&, comment = element_comment(request)](const char* set,
                                                            std::vector<std::string> key) {
        key.insert(key.begin(), port.name);
        elements.push_back({.set = set, .key = std::move(key), .comment = comment});
    };
    if (request.network.spoof_check) {
        add_identity(add, request, port);
    }
    if (!request.network.icc) {
        add("lone", {});
        add("gateways", {port.bridge.text()});
    }
    return elements;
}

} // namespace ocinet::drivers
