// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/image.h"

#include <filesystem>
#include <optional>
#include <vector>

#include "netsetup/base/file.h"
#include "netsetup/base/text.h"
#include "oci-config/json.h"

namespace ocinet::oci {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_containers_file = 256 << 20;
constexpr std::size_t max_manifest = 16 << 20;

constexpr std::string_view containers_tail = "-containers";
constexpr std::string_view userdata = "userdata";

struct Storage {
    std::string container;
    fs::path containers;
    fs::path images;
};

// Nothing when the bundle does not lie in such a storage.
std::optional<Storage> storage_of(const fs::path& bundle) {
    const fs::path own = bundle.parent_path();
    const std::string kind = own.parent_path().filename();
    if (bundle.filename() != userdata || !kind.ends_with(containers_tail)) {
        return std::nullopt;
    }
    const std::string driver = kind.substr(0, kind.size() - containers_tail.size());
    const fs::path root = own.parent_path().parent_path();
    return Storage{own.filename(), root / kind, root / (driver + "-images")};
}

// The image's id, empty for a container without one (podman run --rootfs); nothing when the
// container does not stand in the file.
std::optional<std::string> image_in(const std::string& file, const std::string& id) {
    const auto text = read_file(file, max_containers_file);
    if (!text) {
        return std::nullopt;
    }
    const auto json = parse_json(*text, file);
    if (!json.is_array()) {
        throw Error(file + " is not a JSON array");
    }
    for (const auto& item : json) {
        ObjectReader container(item, file);
        if (container.text("id") == id) {
            return container.text("image").value_or("");
        }
    }
    return std::nullopt;
}

// The file's name is the key, or its base64 behind "=": "manifest", "manifest-sha256:…".
bool is_manifest(const std::string& name) {
    return name == "manifest" || name.starts_with("=bWFuaWZlc3Qt");
}

void add_our_keys(std::set<std::string>& keys, const nlohmann::json& annotations) {
    for (const auto& [key, ignored] : annotations.items()) {
        if (key.starts_with(annotation_prefix)) {
            keys.insert(key);
        }
    }
}

// Nothing when there are none.
std::optional<std::set<std::string>> keys_of_image(const fs::path& image) {
    std::optional<std::set<std::string>> keys;
    std::error_code error;
    const fs::directory_iterator files(image, error);
    if (error && error != std::errc::no_such_file_or_directory) {
        throw system_error(error.value(), "read directory " + image.string());
    }
    for (const auto& entry : files) {
        if (!is_manifest(entry.path().filename())) {
            continue;
        }
        const std::string file = entry.path();
        const auto text = read_file(file, max_manifest);
        if (!text) {
            continue; // removed this moment
        }
        const auto json = parse_json(*text, file);
        ObjectReader manifest(json, file);
        if (!keys) {
            keys.emplace();
        }
        if (const auto* annotations = manifest.object("annotations")) {
            add_our_keys(*keys, *annotations);
        }
    }
    return keys;
}

std::optional<std::string> image_of(const Storage& storage) {
    // The second holds what is gone after a reboot: `podman run --rm`, since version 4.4.
    for (const char* name : {"containers.json", "volatile-containers.json"}) {
        if (auto image = image_in(storage.containers / name, storage.container)) {
            return image;
        }
    }
    return std::nullopt;
}

bool is_podmans(const Bundle& bundle) {
    const auto manager = bundle.annotations.find("io.container.manager");
    return manager != bundle.annotations.end() && manager->second == "libpod";
}

} // namespace

ImageRequest image_request(const Bundle& bundle) {
    const auto storage = storage_of(bundle.path);
    if (!storage) {
        return {.problem = is_podmans(bundle)
                               ? "the bundle " + bundle.path + " lies in no storage of Podman's"
                               : ""};
    }
    const auto image = image_of(*storage);
    if (!image) {
        return {.problem = "the container stands in no containers.json of " +
                           storage->containers.string()};
    }
    if (image->empty()) {
        return {};
    }
    if (image->find('/') != std::string::npos || image->starts_with('.')) {
        return {.problem = "\"" + *image + "\" is no image's id"};
    }
    auto keys = keys_of_image(storage->images / *image);
    if (!keys) {
        return {.problem = "no manifest below " + (storage->images / *image).string()};
    }
    return {.keys = std::move(*keys)};
}

std::string check_image(const Settings& settings, const Bundle& bundle) {
    if (settings.image_requests) {
        return "";
    }
    const auto found = image_request(bundle);
    if (!found.keys.empty()) {
        throw Error("the container's image asks for a network, by its own annotations " +
                    join({found.keys.begin(), found.keys.end()}, ", "))
            .hint("an image must not choose its network: use one without, or allow it to all with "
                  "\"image_requests\": true in " +
                  settings.file);
    }
    return found.problem.empty()
               ? ""
               : "whether the image itself asks for its network is not known: " + found.problem;
}

} // namespace ocinet::oci
