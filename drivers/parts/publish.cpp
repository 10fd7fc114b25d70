// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers/parts/publish.h"

#include <sys/socket.h>

#include "drivers/parts/addresses.h"

namespace ocinet::drivers {

namespace {

bool is_for(const Publication& publication, int family) {
    return family == AF_INET ? publication.ipv4 : publication.ipv6;
}

state::PortClaim claim_of(const oci::PortMapping& port, int family) {
    return {.protocol = port.protocol,
            .address = port.host_address.value_or(IpAddress::any(family)),
            .first = port.host_port,
            .count = port.count};
}

std::string range(std::uint16_t first, std::uint16_t count) {
    return std::to_string(first) + "-" + std::to_string(first + count - 1);
}

// "any4", "arange6": the map that holds such a claim.
std::string map_of(const state::PortClaim& claim, bool is_range) {
    const std::string family = claim.address.is_v4() ? "4" : "6";
    if (claim.address.is_any()) {
        return (is_range ? "range" : "any") + family;
    }
    return (is_range ? "arange" : "addr") + family;
}

nft::Element element(const Request& request, const state::PortClaim& claim, bool is_range) {
    nft::Element element{.set = map_of(claim, is_range), .comment = element_comment(request)};
    if (!claim.address.is_any()) {
        element.key.push_back(claim.address.text());
    }
    element.key.push_back(claim.protocol);
    return element;
}

// A range that maps one to one is one element, of a map that changes the address alone. A shifted
// one is an element for each port: the maps that change the port are hash maps of single ports.
std::vector<nft::Element> elements_of(const Request& request, const oci::PortMapping& port,
                                      const state::PortClaim& claim, const IpAddress& container) {
    if (port.count > 1 && port.host_port == port.container_port) {
        auto whole = element(request, claim, true);
        whole.key.push_back(range(port.host_port, port.count));
        whole.value = {container.text()};
        return {whole};
    }
    std::vector<nft::Element> elements;
    for (unsigned i = 0; i < port.count; ++i) {
        auto one = element(request, claim, false);
        one.key.push_back(std::to_string(port.host_port + i));
        one.value = {container.text(), std::to_string(port.container_port + i)};
        elements.push_back(std::move(one));
    }
    return elements;
}

} // namespace

std::vector<HostQuery::Port> wanted_ports(const Request& request) {
    std::vector<HostQuery::Port> wanted;
    for (const auto& publication : request.publish) {
        wanted.emplace_back();
        for (const int family : {AF_INET, AF_INET6}) {
            if (is_for(publication, family)) {
                wanted.back().claims.push_back(claim_of(publication.port, family));
            }
        }
    }
    return wanted;
}

std::vector<Publication> chosen_ports(const Request& request, const HostView& view) {
    auto ports = request.publish;
    for (std::size_t i = 0; i < ports.size(); ++i) {
        ports[i].port.host_port = view.ports.at(i);
    }
    return ports;
}

namespace {

// The kernel takes a transaction that fits into a socket's buffer.
constexpr std::size_t most_elements = 32768;

void refuse_too_many(const Request& request, const ops::PublishPorts& op) {
    if (op.elements.size() > most_elements) {
        throw Error(label(request) + ": more than " + std::to_string(most_elements) +
                    " ports are published one by one")
            .hint("a range whose ports are the same on both sides counts as one");
    }
}

} // namespace

void publish(Plan& plan, const Request& request, const std::vector<Publication>& ports,
             const std::vector<Prefix>& addresses) {
    for (const int family : {AF_INET, AF_INET6}) {
        const auto container = first_of(addresses, family);
        if (!container) {
            continue;
        }
        ops::PublishPorts op{.container = *container};
        for (const auto& publication : ports) {
            if (!is_for(publication, family)) {
                continue;
            }
            op.claims.push_back(claim_of(publication.port, family));
            plan.shared.push_back({label(request), ops::TakePorts{op.claims.back()}});
            for (auto& one : elements_of(request, publication.port, op.claims.back(), *container)) {
                op.elements.push_back(std::move(one));
            }
        }
        refuse_too_many(request, op);
        if (!op.claims.empty()) {
            plan.own.push_back({label(request), std::move(op)});
        }
    }
}

void claim(Plan& plan, const Request& request, const std::vector<Publication>& ports) {
    for (const auto& publication : ports) {
        for (const int family : {AF_INET, AF_INET6}) {
            if (is_for(publication, family)) {
                plan.shared.push_back(
                    {label(request), ops::TakePorts{claim_of(publication.port, family)}});
            }
        }
    }
}

std::vector<std::string> published_texts(const std::vector<Publication>& ports) {
    std::vector<std::string> texts;
    for (const auto& publication : ports) {
        const oci::PortMapping& port = publication.port;
        const auto text = [&](std::uint16_t first) {
            return port.count > 1 ? range(first, port.count) : std::to_string(first);
        };
        for (const int family : {AF_INET, AF_INET6}) {
            if (is_for(publication, family)) {
                texts.push_back(text(port.container_port) + "/" + port.protocol + " -> " +
                                bracketed(claim_of(port, family).address) + ":" +
                                text(port.host_port));
            }
        }
    }
    return texts;
}

std::string element_comment(const Request& request) {
    return request.container_id.substr(0, 64) + " " + request.network.name;
}

} // namespace ocinet::drivers
