// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/port_mapping.h"

#include <optional>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"

namespace ocinet::oci {

namespace {

struct PortRange {
    std::uint16_t first = 0;
    std::uint16_t count = 1;
};

Error wrong(std::string_view mapping, std::string_view problem,
            std::string_view hint =
                "write [HOST_IP:][HOST_PORT:]CONTAINER_PORT[/tcp|/udp|/sctp], e.g. "
                "127.0.0.1:8080:80/tcp, or ranges: 9000-9010:9000-9010") {
    Error error("published port \"" + std::string(mapping) + "\": " + std::string(problem));
    error.hint(hint);
    return error;
}

PortRange parse_range(std::string_view mapping, std::string_view text) {
    const auto ends = split(text, '-');
    const auto first = parse_number(ends.front(), 1, 65535);
    const auto last = parse_number(ends.back(), 1, 65535);
    if (ends.size() > 2 || !first || !last) {
        const std::string problem =
            "\"" + std::string(text) + "\" is not a port between 1 and 65535";
        throw IpAddress::parse(text)
            ? wrong(mapping, problem,
                    "behind an address a host port is needed, or nothing, for a free one: " +
                        std::string(text) + "::80")
            : wrong(mapping, problem);
    }
    if (*last < *first) {
        throw wrong(mapping, "the range \"" + std::string(text) + "\" runs backwards", "");
    }
    return PortRange{std::uint16_t(*first), std::uint16_t(*last - *first + 1)};
}

IpAddress parse_host_address(std::string_view mapping, std::string_view text) {
    const bool bracketed = text.starts_with('[') && text.ends_with(']');
    const auto address = IpAddress::parse(bracketed ? text.substr(1, text.size() - 2) : text);
    if (!address || address->is_v4() == bracketed) {
        throw wrong(mapping, "\"" + std::string(text) + "\" is not an IP address",
                    "an IPv6 address stands in brackets: [::]:8080:80");
    }
    if (address->is_multicast() || address->is_nobodys()) {
        throw wrong(mapping, address->text() + " is no interface's address");
    }
    if (!address->is_v4() && address->is_loopback()) {
        throw wrong(mapping,
                    "IPv6 has no route_localnet: an answer to ::1 would be lost on its way",
                    "publish on 127.0.0.1: who asks for localhost falls back to it at once");
    }
    return *address;
}

std::string parse_protocol(std::string_view mapping, std::string_view text) {
    std::string protocol = lower_case(text);
    if (protocol != "tcp" && protocol != "udp" && protocol != "sctp") {
        throw wrong(mapping, "protocol \"" + protocol + "\" is neither tcp, udp nor sctp");
    }
    return protocol;
}

// The part up to the last colon that stands outside brackets, and what is behind it.
std::pair<std::string_view, std::string_view> split_last(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || text.find(']', colon) != std::string_view::npos) {
        return {"", text};
    }
    return {text.substr(0, colon), text.substr(colon + 1)};
}

PortMapping parse_one(std::string_view mapping) {
    PortMapping result;
    std::string_view rest = mapping;
    if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
        result.protocol = parse_protocol(mapping, rest.substr(slash + 1));
        rest = rest.substr(0, slash);
    }
    const auto [before, container_part] = split_last(rest);
    const auto [address_part, host_part] = split_last(before);
    const PortRange container = parse_range(mapping, container_part);
    result.container_port = container.first;
    result.count = container.count;
    if (!address_part.empty()) {
        result.host_address = parse_host_address(mapping, address_part);
    }
    if (!host_part.empty()) {
        const PortRange host = parse_range(mapping, host_part);
        if (host.count != container.count) {
            throw wrong(mapping, "the ranges have different lengths");
        }
        result.host_port = host.first;
    } else if (container.count > 1) {
        throw wrong(mapping, "a range needs its host ports: A-B:C-D");
    }
    return result;
}

// On addresses of different families the same port is two.
bool share_an_address(const std::optional<IpAddress>& a, const std::optional<IpAddress>& b) {
    return !a || !b || (a->family() == b->family() && (*a == *b || a->is_any() || b->is_any()));
}

bool overlap(const PortMapping& a, const PortMapping& b) {
    return a.protocol == b.protocol && a.host_port != 0 && b.host_port != 0 &&
           share_an_address(a.host_address, b.host_address) &&
           a.host_port < b.host_port + b.count && b.host_port < a.host_port + a.count;
}

} // namespace

std::string PortMapping::text() const {
    const auto range = [this](std::uint16_t first) {
        return std::to_string(first) + (count > 1 ? "-" + std::to_string(first + count - 1) : "");
    };
    std::string text = host_address ? bracketed(*host_address) + ":" : "";
    text += host_port != 0 ? range(host_port) + ":" : text.empty() ? "" : ":";
    return text + range(container_port) + "/" + protocol;
}

std::vector<PortMapping> parse_publish(std::string_view text) {
    std::vector<PortMapping> mappings;
    for (const auto part : split(text, ',')) {
        const auto mapping = parse_one(trim(part));
        for (const auto& earlier : mappings) {
            if (overlap(earlier, mapping)) {
                throw wrong(trim(part),
                            "claims a host port that " + earlier.text() + " has already", "");
            }
        }
        mappings.push_back(mapping);
    }
    return mappings;
}

} // namespace ocinet::oci
