// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/conflist.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <ranges>

#include "netsetup/base/file.h"
#include "netsetup/base/names.h"
#include "netsetup/base/text.h"
#include "oci-config/json.h"

namespace ocinet::oci {

namespace {

constexpr std::size_t largest_list = 1 << 20;

// Ascending. Before 0.3.0 a result was another thing.
constexpr std::array known_versions{"0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"};

std::ptrdiff_t rank(std::string_view version) {
    return std::find(known_versions.begin(), known_versions.end(), version) -
           known_versions.begin();
}

// `cniVersions` is new in 1.1.0: all that the list's author vouches for, beside `cniVersion`.
std::string choose_version(ObjectReader& reader) {
    std::vector<std::string> offered{reader.text("cniVersion").value_or("0.1.0")};
    const auto more = read_list(reader, "cniVersions", "a version",
                                [](const std::string& text) { return std::optional(text); });
    if (more) {
        offered.insert(offered.end(), more->begin(), more->end());
    }
    for (const char* known : std::views::reverse(known_versions)) {
        if (std::find(offered.begin(), offered.end(), known) != offered.end()) {
            return known;
        }
    }
    throw reader
        .wrong("cniVersion", "\"" + join(offered, ", ") + "\" is no version that we can speak")
        .hint("versions: 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0");
}

// The keys are what there is to take: {"portMappings": true}.
std::vector<std::string> read_capabilities(ObjectReader& reader) {
    std::vector<std::string> capabilities;
    if (const auto* object = reader.object("capabilities")) {
        for (const auto& [key, value] : object->items()) {
            if (!value.is_boolean()) {
                throw reader.wrong("capabilities", key + " is neither true nor false");
            }
            if (value.get<bool>()) {
                capabilities.push_back(key);
            }
        }
    }
    return capabilities;
}

// The type becomes the name of a file that is executed.
Conflist::Plugin read_plugin(const nlohmann::json& json, const Conflist& list,
                             const std::string& name) {
    ObjectReader reader(json, name);
    Conflist::Plugin plugin{.type = reader.text("type").value_or("")};
    if (!is_network_name(plugin.type)) {
        throw reader.wrong("type", "\"" + printable(plugin.type) + "\" is no plugin's name");
    }
    plugin.capabilities = read_capabilities(reader);
    nlohmann::json config = json;
    for (const char* of_runtime : {"capabilities", "runtimeConfig", "prevResult"}) {
        config.erase(of_runtime);
    }
    config["name"] = list.name;
    config["cniVersion"] = list.version;
    plugin.config = config.dump();
    return plugin;
}

} // namespace

bool Conflist::Plugin::takes(std::string_view capability) const {
    return std::find(capabilities.begin(), capabilities.end(), capability) != capabilities.end();
}

bool has_check(std::string_view version) {
    return rank(version) >= rank("0.4.0");
}

bool has_gc_and_status(std::string_view version) {
    return rank(version) >= rank("1.1.0");
}

Conflist read_conflist(const nlohmann::json& json, const std::string& network,
                       const std::string& document) {
    ObjectReader reader(json, document);
    Conflist list{.name = reader.text("name").value_or(network)};
    if (!is_network_name(list.name)) {
        throw reader.wrong("name", "\"" + printable(list.name) + "\" is no network's name");
    }
    list.version = choose_version(reader);
    list.checks = !reader.boolean("disableCheck").value_or(false);
    list.collects = !reader.boolean("disableGC").value_or(false);
    if (const auto* plugins = reader.array("plugins")) {
        for (const auto& plugin : *plugins) {
            const std::string place =
                document + ": plugins[" + std::to_string(list.plugins.size()) + "]";
            list.plugins.push_back(read_plugin(plugin, list, place));
        }
    }
    if (list.plugins.empty()) {
        throw reader.wrong("plugins", "the list has no plugin");
    }
    return list;
}

void embed_conflist(nlohmann::json& file, const std::string& name) {
    if (!file.is_object() || !file.contains("conflist") || !file["conflist"].is_string()) {
        return;
    }
    const std::string path = file["conflist"].get<std::string>();
    if (!path.starts_with('/')) {
        throw Error(name + ": conflist: \"" + printable(path) + "\" is no absolute path");
    }
    const auto text = read_file(path, largest_list);
    if (!text) {
        throw Error(name + ": conflist: there is no " + path);
    }
    file["conflist"] = parse_json(*text, path);
    // Others use a list that stands where all do: to GC theirs would be garbage.
    if (file["conflist"].is_object()) {
        file["conflist"]["disableGC"] = true;
    }
}

} // namespace ocinet::oci
