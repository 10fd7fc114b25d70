// SPDX-License-Identifier: GPL-2.0-or-later
// Annotations, KEY=VALUE a line.
#include "oci-config/annotations.h"

#include "netsetup/base/names.h"
#include "netsetup/base/text.h"
#include "tests/fuzz/oracle.h"
#include "tests/fuzz/targets.h"

namespace ocinet::fuzz {

namespace {

oci::Annotations annotations_of(const std::string& input) {
    oci::Annotations annotations;
    for (const auto line : split(input, '\n')) {
        const auto equals = line.find('=');
        annotations[std::string(line.substr(0, equals))] =
            equals == std::string_view::npos ? "" : line.substr(equals + 1);
    }
    return annotations;
}

// As a user would write it.
std::string text_of(const oci::Attachment& attachment) {
    std::string text =
        attachment.network + ":default_route=" + (attachment.default_route ? "true" : "false");
    for (const auto& address : attachment.addresses) {
        text += ",ip=" + address.text();
    }
    text += attachment.mac ? ",mac=" + attachment.mac->text() : "";
    text += attachment.interface.empty() ? "" : ",interface_name=" + attachment.interface;
    text += attachment.host_interface.empty() ? ""
                                              : ",host_interface_name=" + attachment.host_interface;
    return text;
}

oci::Annotations text_of(const oci::ContainerRequest& request) {
    oci::Annotations texts;
    auto& network = texts["io.ocinet.network"];
    for (const auto& attachment : request.attachments) {
        network += (network.empty() ? "" : ";") + text_of(attachment);
    }
    for (const auto& port : request.publish) {
        auto& publish = texts["io.ocinet.publish"];
        publish += (publish.empty() ? "" : ",") + port.text();
    }
    if (!request.name.empty()) {
        texts["io.ocinet.name"] = request.name;
    }
    return texts;
}

} // namespace

void fuzz_annotations(const std::string& input) {
    const auto annotations = annotations_of(input);
    const auto request = accepted([&] { return oci::parse_request(annotations); });
    if (!request || !*request) {
        return;
    }
    require(!(*request)->attachments.empty(), "who asks gets a network");
    for (const auto& attachment : (*request)->attachments) {
        require(is_network_name(attachment.network), "a network's name is one");
        for (const auto& name : {attachment.interface, attachment.host_interface}) {
            require(name.empty() || is_interface_name(name), "an interface's name is one");
        }
    }
    const auto texts = text_of(**request);
    require(text_of(oci::parse_request(texts).value()) == texts,
            "a request reads as it is written");
}

} // namespace ocinet::fuzz
