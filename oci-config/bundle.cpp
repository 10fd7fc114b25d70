// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/bundle.h"

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "oci-config/annotations.h"
#include "oci-config/json.h"

namespace ocinet::oci {

namespace {

void read_namespaces(ObjectReader& config, Bundle& bundle) {
    const auto* linux_part = config.object("linux");
    if (!linux_part) {
        return;
    }
    ObjectReader reader(*linux_part, config.name() + ": linux");
    const auto* namespaces = reader.array("namespaces");
    if (!namespaces) {
        return;
    }
    for (const auto& item : *namespaces) {
        ObjectReader entry(item, reader.name() + ": namespaces");
        if (entry.text("type") != "network") {
            continue;
        }
        bundle.network_path = entry.text("path").value_or("");
        bundle.network = bundle.network_path.empty() ? Bundle::Network::own : Bundle::Network::path;
    }
}

// A mount of the engine's at /etc/hosts; the last one wins, as in the container.
void read_hosts_mount(ObjectReader& config, Bundle& bundle) {
    const auto* mounts = config.array("mounts");
    if (!mounts) {
        return;
    }
    for (const auto& item : *mounts) {
        ObjectReader mount(item, config.name() + ": mounts");
        if (mount.text("destination") != "/etc/hosts") {
            continue;
        }
        Bundle::HostsMount hosts;
        hosts.source = mount.text("source").value_or("");
        if (!hosts.source.empty() && hosts.source.front() != '/') {
            hosts.source = bundle.path + "/" + hosts.source;
        }
        if (const auto* options = mount.array("options")) {
            for (const auto& option : *options) {
                hosts.read_only = hosts.read_only || option == "ro" || option == "rro";
            }
        }
        bundle.hosts = hosts;
    }
}

} // namespace

Bundle parse_bundle(const std::string& text, const std::string& directory) {
    const std::string file = directory + "/config.json";
    const auto json = parse_json(text, file);
    ObjectReader config(json, file);
    Bundle bundle;
    bundle.path = directory;
    bundle.hostname = config.text("hostname").value_or("");
    if (const auto* annotations = config.object("annotations")) {
        bundle.annotations = parse_annotations(*annotations, file + ": annotations");
    }
    read_namespaces(config, bundle);
    read_hosts_mount(config, bundle);
    return bundle;
}

Bundle read_bundle(const std::string& directory) {
    const auto text = read_file(directory + "/config.json", max_config_size);
    if (!text) {
        throw Error("no config.json in the bundle " + directory);
    }
    return parse_bundle(*text, directory);
}

} // namespace ocinet::oci
