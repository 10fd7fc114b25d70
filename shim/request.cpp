// SPDX-License-Identifier: GPL-2.0-or-later
#include "shim/request.h"

#include <algorithm>

#include "netsetup/base/error.h"
#include "netsetup/base/paths.h"
#include "oci-config/annotations.h"
#include "oci-config/image.h"
#include "shim/docker.h"

namespace ocinet::shim {

namespace {

bool asks_for(const oci::ContainerRequest& request, const std::string& network) {
    return std::any_of(request.attachments.begin(), request.attachments.end(),
                       [&](const auto& attachment) { return attachment.network == network; });
}

// What the hook cannot do: when it runs, the namespace is made.
Injection::Network network_of(const oci::Settings& settings, const oci::Bundle& bundle,
                              const oci::ContainerRequest& request) {
    if (asks_for(request, "host") && bundle.network != oci::Bundle::Network::host) {
        oci::check_image(settings, bundle);
        oci::check_allowed(settings, request);
        if (!settings.host) {
            throw Error("the container asks for the network \"host\", which is not allowed")
                .hint("\"host\": true in " + settings.file + " allows it to all");
        }
        return Injection::Network::host;
    }
    return asks_for(request, "none") ? Injection::Network::own : Injection::Network::as_it_is;
}

} // namespace

std::optional<Injection> injection_for(const oci::Settings& settings, const oci::Bundle& bundle,
                                       const std::string& id) {
    oci::Annotations labels = docker_labels(settings, bundle, id);
    std::erase_if(labels,
                  [&](const auto& label) { return bundle.annotations.contains(label.first); });
    oci::Annotations all = bundle.annotations;
    all.insert(labels.begin(), labels.end());
    const auto request = oci::parse_request(all);
    if (!request) {
        return std::nullopt;
    }
    return Injection{.hook = paths::hook_program(),
                     .annotations = std::move(labels),
                     .network = network_of(settings, bundle, *request)};
}

} // namespace ocinet::shim
