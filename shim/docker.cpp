// SPDX-License-Identifier: GPL-2.0-or-later
#include "shim/docker.h"

#include <filesystem>
#include <optional>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "oci-config/annotations.h"
#include "oci-config/json.h"

namespace ocinet::shim {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_file = 16 << 20;
constexpr std::string_view digest_prefix = "sha256:";

struct Container {
    oci::Annotations labels;
    std::string image;
    /// Of the image store.
    std::string driver;
};

oci::Annotations our_labels(oci::ObjectReader& config) {
    oci::Annotations labels;
    const auto* all = config.object("Labels");
    if (!all) {
        return labels;
    }
    for (const auto& [key, value] : all->items()) {
        if (key.starts_with(oci::annotation_prefix)) {
            if (!value.is_string()) {
                throw config.wrong("Labels." + key, "not a string");
            }
            labels[key] = value.get<std::string>();
        }
    }
    return labels;
}

oci::Annotations labels_in_config(oci::ObjectReader& file) {
    for (const char* key : {"Config", "config"}) {
        if (const auto* config = file.object(key)) {
            oci::ObjectReader reader(*config, file.name() + ": " + key);
            return our_labels(reader);
        }
    }
    return {};
}

// Nothing where the directory is not the container's own at dockerd.
std::optional<Container> read_container(const fs::path& directory, const std::string& id) {
    const std::string file = directory / "config.v2.json";
    const auto text = directory.filename() == id ? read_file(file, largest_file) : std::nullopt;
    if (!text) {
        return std::nullopt;
    }
    const auto json = oci::parse_json(*text, file);
    oci::ObjectReader reader(json, file);
    if (reader.text("ID") != id) {
        return std::nullopt;
    }
    return Container{.labels = labels_in_config(reader),
                     .image = reader.text("Image").value_or(""),
                     .driver = reader.text("Driver").value_or("")};
}

bool is_digest(std::string_view text) {
    return text.size() == 64 &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

oci::Annotations labels_of_image(const fs::path& root, const Container& container) {
    const std::string digest = container.image.starts_with(digest_prefix)
                                   ? container.image.substr(digest_prefix.size())
                                   : "";
    if (!is_digest(digest) || container.driver.empty() ||
        container.driver.find('/') != std::string::npos) {
        throw Error("it names no image");
    }
    const std::string file = root / "image" / container.driver / "imagedb/content/sha256" / digest;
    const auto text = read_file(file, largest_file);
    if (!text) {
        throw Error("no " + file);
    }
    const auto json = oci::parse_json(*text, file);
    oci::ObjectReader reader(json, file);
    return labels_in_config(reader);
}

} // namespace

oci::Annotations docker_labels(const oci::Settings& settings, const oci::Bundle& bundle,
                               const std::string& id) {
    const fs::path directory = fs::path(bundle.hosts ? bundle.hosts->source : "").parent_path();
    auto container = read_container(directory, id);
    if (!container || container->labels.empty() || settings.image_requests) {
        return container ? container->labels : oci::Annotations();
    }
    oci::Annotations of_image;
    try {
        of_image = labels_of_image(directory.parent_path().parent_path(), *container);
    } catch (Error& error) {
        throw error
            .in("whether the container's labels io.ocinet.* are its image's own is not known")
            .hint("ask by --annotation, where docker has it");
    }
    std::erase_if(container->labels, [&](const auto& label) {
        const auto found = of_image.find(label.first);
        return found != of_image.end() && found->second == label.second;
    });
    return container->labels;
}

} // namespace ocinet::shim
