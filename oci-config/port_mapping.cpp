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
            std::string_view hint = "write [HOST_IP:][HOST_PORT:]CONTAINER_PORT[/tcp|/udp], e.g. "
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

PortMapping parse_one(std::string_view mapping) {
    PortMapping result;
    std::string_view rest = mapping;
    if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
        result.protocol = lower_case(rest.substr(slash + 1));
        rest = rest.substr(0, slash);
        if (result.protocol != "tcp" && result.protocol != "udp") {
            throw wrong(mapping, "protocol \"" + result.protocol + "\" is neither tcp nor udp");
        }
    }
    if (rest.find('[') != std::string_view::npos) {
        throw wrong(mapping, "publishing on an IPv6 address is not supported yet");
    }
    const auto parts = split(rest, ':');
    if (parts.size() > 3) {
        throw wrong(mapping, "too many colons");
    }
    const PortRange container = parse_range(mapping, parts.back());
    result.container_port = container.first;
    result.count = container.count;
    if (parts.size() == 3 && !parts[0].empty()) {
        const auto address = IpAddress::parse(parts[0]);
        if (!address) {
            throw wrong(mapping, "\"" + std::string(parts[0]) + "\" is not an IPv4 address");
        }
        if (address->is_multicast() || address->is_nobodys()) {
            throw wrong(mapping, address->text() + " is no interface's address");
        }
        result.host_address = *address;
    }
    if (parts.size() >= 2 && !parts[parts.size() - 2].empty()) {
        const PortRange host = parse_range(mapping, parts[parts.size() - 2]);
        if (host.count != container.count) {
            throw wrong(mapping, "the ranges have different lengths");
        }
        result.host_port = host.first;
    } else if (container.count > 1) {
        throw wrong(mapping, "a range needs its host ports: A-B:C-D");
    }
    return result;
}

bool overlap(const PortMapping& a, const PortMapping& b) {
    const bool addresses =
        a.host_address == b.host_address || a.host_address.is_any() || b.host_address.is_any();
    return a.protocol == b.protocol && a.host_port != 0 && b.host_port != 0 && addresses &&
           a.host_port < b.host_port + b.count && b.host_port < a.host_port + a.count;
}

} // namespace

std::string PortMapping::text() const {
    const auto range = [this](std::uint16_t first) {
        return std::to_string(first) + (count > 1 ? "-" + std::to_string(first + count - 1) : "");
    };
    std::string text = host_address.is_any() ? "" : host_address.text() + ":";
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
