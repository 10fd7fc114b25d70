// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers/parts/publish.h"

namespace ocinet::drivers {

namespace {

state::PortClaim claim_of(const oci::PortMapping& port) {
    return {.protocol = port.protocol,
            .address = port.host_address,
            .first = port.host_port,
            .count = port.count};
}

std::string range(std::uint16_t first, std::uint16_t count) {
    return std::to_string(first) + "-" + std::to_string(first + count - 1);
}

nft::Element element(const Request& request, const oci::PortMapping& port, bool is_range) {
    nft::Element element{.comment = element_comment(request)};
    if (port.host_address.is_any()) {
        element.set = is_range ? "range4" : "any4";
    } else {
        element.set = is_range ? "arange4" : "addr4";
        element.key.push_back(port.host_address.text());
    }
    element.key.push_back(port.protocol);
    return element;
}

// A range that maps one to one is one element, of a map that changes the address alone. A shifted
// one is an element for each port: the maps that change the port are hash maps of single ports.
std::vector<nft::Element> elements_of(const Request& request, const oci::PortMapping& port,
                                      const IpAddress& container) {
    if (port.count > 1 && port.host_port == port.container_port) {
        auto whole = element(request, port, true);
        whole.key.push_back(range(port.host_port, port.count));
        whole.value = {container.text()};
        return {whole};
    }
    std::vector<nft::Element> elements;
    for (unsigned i = 0; i < port.count; ++i) {
        auto one = element(request, port, false);
        one.key.push_back(std::to_string(port.host_port + i));
        one.value = {container.text(), std::to_string(port.container_port + i)};
        elements.push_back(std::move(one));
    }
    return elements;
}

} // namespace

std::vector<state::PortClaim> port_claims(const Request& request) {
    std::vector<state::PortClaim> claims;
    for (const auto& port : request.publish) {
        claims.push_back(claim_of(port));
    }
    return claims;
}

std::vector<oci::PortMapping> chosen_ports(const Request& request, const HostView& view) {
    auto ports = request.publish;
    for (std::size_t i = 0; i < ports.size(); ++i) {
        ports[i].host_port = view.ports.at(i);
    }
    return ports;
}

void publish(Plan& plan, const Request& request, const std::vector<oci::PortMapping>& ports,
             const IpAddress& container) {
    ops::PublishPorts op{.container = container};
    for (const auto& port : ports) {
        op.claims.push_back(claim_of(port));
        plan.shared.push_back({label(request), ops::TakePorts{op.claims.back()}});
        for (auto& one : elements_of(request, port, container)) {
            op.elements.push_back(std::move(one));
        }
    }
    if (!ports.empty()) {
        plan.own.push_back({label(request), std::move(op)});
    }
}

std::string published_text(const oci::PortMapping& port) {
    const auto text = [&](std::uint16_t first) {
        return port.count > 1 ? range(first, port.count) : std::to_string(first);
    };
    return text(port.container_port) + "/" + port.protocol + " -> " + port.host_address.text() +
           ":" + text(port.host_port);
}

std::string element_comment(const Request& request) {
    return request.container_id.substr(0, 64) + " " + request.network.name;
}

} // namespace ocinet::drivers
