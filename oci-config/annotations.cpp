// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/annotations.h"

#include <nlohmann/json.hpp>

#include "netsetup/base/error.h"
#include "netsetup/base/names.h"
#include "netsetup/base/text.h"

namespace ocinet::oci {

namespace {

void read_option(Attachment& attachment, std::string_view option) {
    const auto equals = option.find('=');
    const auto key = option.substr(0, equals);
    const auto value =
        equals == std::string_view::npos ? std::string_view() : option.substr(equals + 1);
    if (key == "ip") {
        const auto address = IpAddress::parse(value);
        if (!address) {
            throw Error("ip=" + std::string(value) + ": not an IP address");
        }
        if (!address->is_v4()) {
            throw Error("ip=" + std::string(value) + ": IPv6 addresses are not supported yet");
        }
        if (!attachment.addresses.empty()) {
            throw Error("ip= is given twice");
        }
        attachment.addresses.push_back(*address);
    } else if (key == "mac") {
        if (attachment.mac) {
            throw Error("mac= is given twice");
        }
        attachment.mac = Mac::parse(value);
        if (!attachment.mac) {
            throw Error("mac=" + std::string(value) + ": not a MAC address");
        }
        if (attachment.mac->is_multicast() || *attachment.mac == Mac()) {
            throw Error("mac=" + std::string(value) + ": not the address of one interface")
                .hint("the lowest bit of the first byte marks a group; 02:… is a good beginning");
        }
    } else if (key == "interface_name") {
        if (!attachment.interface.empty()) {
            throw Error("interface_name= is given twice");
        }
        if (!is_interface_name(value) || value == "lo") {
            throw Error("interface_name=" + std::string(value) + ": not an interface's name")
                .hint("at most 15 letters, digits, '.', '_' or '-'");
        }
        attachment.interface = value;
    } else if (key == "alias") {
        throw Error("alias=: name resolution is not supported yet");
    } else {
        throw Error("unknown option \"" + std::string(key) + "\"")
            .hint("options: ip=, mac=, interface_name=");
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
    if (attachments.size() > 1) {
        throw Error("several networks for one container are not supported yet");
    }
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
