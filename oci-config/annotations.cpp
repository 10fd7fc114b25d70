// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/annotations.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "netsetup/base/error.h"
#include "netsetup/base/names.h"
#include "netsetup/base/text.h"

namespace ocinet::oci {

namespace {

// Parts of a value are compared with each other; so many of them take a moment, not minutes.
constexpr std::size_t longest_value = 1 << 16;

void refuse_second(bool given, const char* option) {
    if (given) {
        throw Error(std::string(option) + " is given twice");
    }
}

IpAddress parse_ip(std::string_view value) {
    const auto address = IpAddress::parse(value);
    if (!address) {
        throw Error("ip=" + std::string(value) + ": not an IP address");
    }
    return *address;
}

Mac parse_mac(std::string_view value) {
    const auto mac = Mac::parse(value);
    if (!mac) {
        throw Error("mac=" + std::string(value) + ": not a MAC address");
    }
    if (mac->is_multicast() || *mac == Mac()) {
        throw Error("mac=" + std::string(value) + ": not the address of one interface")
            .hint("the lowest bit of the first byte marks a group; 02:… is a good beginning");
    }
    return *mac;
}

std::string parse_interface(const char* option, std::string_view value) {
    if (!is_interface_name(value) || value == "lo") {
        throw Error(std::string(option) + std::string(value) + ": not an interface's name")
            .hint("at most 15 letters, digits, '.', '_' or '-'");
    }
    return std::string(value);
}

bool parse_default_route(std::string_view value) {
    const auto wanted = parse_bool(value);
    if (!wanted) {
        throw Error("default_route=" + std::string(value) + ": neither true nor false");
    }
    return *wanted;
}

// Podman's names; ip6= as in its network connect.
void read_option(Attachment& attachment, std::string_view option) {
    const auto equals = option.find('=');
    const auto key = option.substr(0, equals);
    const auto value =
        equals == std::string_view::npos ? std::string_view() : option.substr(equals + 1);
    if (key == "ip" || key == "ip6") {
        const IpAddress address = parse_ip(value);
        refuse_second(
            std::count(attachment.addresses.begin(), attachment.addresses.end(), address) != 0,
            ("ip=" + address.text()).c_str());
        attachment.addresses.push_back(address);
    } else if (key == "mac") {
        refuse_second(attachment.mac.has_value(), "mac=");
        attachment.mac = parse_mac(value);
    } else if (key == "interface_name") {
        refuse_second(!attachment.interface.empty(), "interface_name=");
        attachment.interface = parse_interface("interface_name=", value);
    } else if (key == "host_interface_name") {
        refuse_second(!attachment.host_interface.empty(), "host_interface_name=");
        attachment.host_interface = parse_interface("host_interface_name=", value);
    } else if (key == "default_route") {
        attachment.default_route = equals == std::string_view::npos || parse_default_route(value);
    } else if (key == "alias") {
        throw Error("alias=: name resolution is not supported yet");
    } else {
        throw Error("unknown option \"" + std::string(key) + "\"")
            .hint("options: ip=, mac=, interface_name=, host_interface_name=, default_route");
    }
}

Attachment parse_attachment(std::string_view text) {
    Attachment attachment;
    const auto colon = text.find(':');
    attachment.network = text.substr(0, colon);
    if (!is_network_name(attachment.network)) {
        throw Error("\"" + attachment.network + "\" is not a network's name")
            .hint("at most 63 letters, digits, '.', '_' or '-'");
    }
    if (colon != std::string_view::npos) {
        for (const auto option : split(text.substr(colon + 1), ',')) {
            read_option(attachment, trim(option));
        }
    }
    return attachment;
}

void refuse_repetitions(const std::vector<Attachment>& attachments) {
    for (auto one = attachments.begin(); one != attachments.end(); ++one) {
        for (auto other = attachments.begin(); other != one; ++other) {
            if (one->network == other->network) {
                throw Error("network \"" + one->network + "\" is named twice");
            }
            if (!one->interface.empty() && one->interface == other->interface) {
                throw Error("two interfaces are named " + one->interface);
            }
            if (!one->host_interface.empty() && one->host_interface == other->host_interface) {
                throw Error("two interfaces of the host are named " + one->host_interface);
            }
            if (one->default_route && other->default_route) {
                throw Error("two networks are to give the default route");
            }
        }
    }
}

std::string parse_name(const std::string& text) {
    if (!is_host_name(text)) {
        throw Error("\"" + text + "\" is not a host's name");
    }
    return text;
}

} // namespace

Annotations parse_annotations(const nlohmann::json& object, const std::string& where) {
    Annotations annotations;
    for (const auto& [key, value] : object.items()) {
        if (!value.is_string()) {
            throw Error(where + ": " + key + ": not a string");
        }
        annotations[key] = value.get<std::string>();
    }
    return annotations;
}

std::vector<Attachment> parse_attachments(const std::string& text) {
    std::vector<Attachment> attachments;
    for (const auto part : split(text, ';')) {
        attachments.push_back(parse_attachment(trim(part)));
    }
    refuse_repetitions(attachments);
    return attachments;
}

std::optional<ContainerRequest> parse_request(const Annotations& annotations) {
    ContainerRequest request;
    bool ours = false;
    for (const auto& [key, value] : annotations) {
        if (!key.starts_with(annotation_prefix)) {
            continue;
        }
        ours = true;
        try {
            if (value.size() > longest_value) {
                throw Error("longer than " + std::to_string(longest_value) + " bytes");
            }
            if (key == "io.ocinet.network") {
                request.attachments = parse_attachments(value);
            } else if (key == "io.ocinet.publish") {
                request.publish = parse_publish(value);
            } else if (key == "io.ocinet.name") {
                request.name = parse_name(value);
            } else {
                throw Error("unknown annotation")
                    .hint("annotations: io.ocinet.network, io.ocinet.publish, io.ocinet.name");
            }
        } catch (Error& error) {
            throw error.in("annotation " + key);
        }
    }
    if (!ours) {
        return std::nullopt;
    }
    if (request.attachments.empty()) {
        request.attachments.push_back(Attachment{.network = "bridge"});
    }
    return request;
}

} // namespace ocinet::oci
