// SPDX-License-Identifier: GPL-2.0-or-later
#include "shim/request.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "netsetup/base/error.h"
#include "netsetup/base/log.h"
#include "netsetup/base/paths.h"
#include "oci-config/annotations.h"
#include "oci-config/bundle.h"
#include "oci-config/image.h"
#include "oci-config/json.h"
#include "oci-config/settings.h"
#include "shim/docker.h"

namespace ocinet::shim {

namespace {

using Network = Injection::Network;

std::vector<std::string> mounted_by_engine(const nlohmann::json& config) {
    std::vector<std::string> sources;
    const auto mounts = config.find("mounts");
    for (const auto& mount : mounts == config.end() ? nlohmann::json::array() : *mounts) {
        const auto to = mount.value("destination", nlohmann::json());
        if (to == "/etc/hosts" || to == "/etc/hostname" || to == "/etc/resolv.conf") {
            sources.push_back(mount.value("source", ""));
        }
    }
    return sources;
}

// dockerd keeps a container's files in a directory that has its id for a name.
std::optional<docker::Container>
docker_container(const std::string& config, const std::string& directory, const std::string& id) {
    if (id.empty() || config.find("/" + id + "/") == std::string::npos) {
        return std::nullopt;
    }
    return docker::find(mounted_by_engine(oci::parse_json(config, directory + "/config.json")), id);
}

// Of labels that no annotation outranks the user's.
oci::Annotations users_labels(oci::Annotations labels, const docker::Container& docker,
                              bool annotations_ask) {
    try {
        return docker::without_images(std::move(labels), docker);
    } catch (Error& error) {
        error.in("whether the container's labels io.ocinet.* are its image's is not known")
            .hint("ask by --annotation, where docker has it");
        if (!annotations_ask) {
            throw;
        }
        log::warning(error); // they say nothing then
        return {};
    }
}

bool asks_for(const oci::ContainerRequest& request, const std::string& network) {
    return std::any_of(request.attachments.begin(), request.attachments.end(),
                       [&](const auto& attachment) { return attachment.network == network; });
}

// Two networks in one namespace, of which neither side knows the other's. With `host` dockerd would
// take the host's namespace for the one that it made, and set it up.
void refuse_dockers_own(const docker::Container& docker, const oci::ContainerRequest& request) {
    if (asks_for(request, "host")) {
        throw Error(R"(the container asks for the network "host", which with Docker only Docker )"
                    "can give it")
            .hint("docker run --network host");
    }
    const std::string mode = docker::network_mode(docker);
    if (mode != "none" && !mode.starts_with("container:")) {
        throw Error("the container asks for a network, and has Docker's \"" + mode + "\", too")
            .hint("docker run --network none");
    }
}

// What the hook cannot do: when it runs, the namespace is made.
Network network_of(const oci::Settings& settings, const oci::Bundle& bundle,
                   const oci::ContainerRequest& request) {
    if (asks_for(request, "host") && bundle.network != oci::Bundle::Network::host) {
        oci::check_image(settings, bundle);
        oci::check_allowed(settings, request);
        if (!settings.host) {
            throw Error("the container asks for the network \"host\", which is not allowed")
                .hint("\"host\": true in " + settings.file + " allows it to all");
        }
        return Network::host;
    }
    return asks_for(request, "none") ? Network::own : Network::as_it_is;
}

} // namespace

std::optional<Injection> injection_for(const std::string& config, const std::string& directory,
                                       const std::string& id, const std::string& settings_file) {
    const auto docker = docker_container(config, directory, id);
    if (!docker && config.find(oci::annotation_prefix) == std::string::npos) {
        return std::nullopt;
    }
    const auto bundle = oci::parse_bundle(config, directory);
    const bool annotations_ask = oci::parse_request(bundle.annotations).has_value();
    auto labels = docker ? docker->labels : oci::Annotations();
    std::erase_if(labels,
                  [&](const auto& label) { return bundle.annotations.contains(label.first); });
    if (!annotations_ask && labels.empty()) {
        return std::nullopt;
    }
    const auto settings = oci::load_settings(settings_file);
    if (!labels.empty() && !settings.image_requests) {
        labels = users_labels(std::move(labels), *docker, annotations_ask);
    }
    oci::Annotations all = bundle.annotations;
    all.insert(labels.begin(), labels.end());
    const auto request = oci::parse_request(all);
    if (!request) {
        return std::nullopt;
    }
    if (docker) {
        refuse_dockers_own(*docker, *request);
    }
    return Injection{.hook = paths::hook_program(),
                     .annotations = std::move(labels),
                     .network = network_of(settings, bundle, *request)};
}

} // namespace ocinet::shim
