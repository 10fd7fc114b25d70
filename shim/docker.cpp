// SPDX-License-Identifier: GPL-2.0-or-later
#include "shim/docker.h"

#include <algorithm>
#include <set>
#include <utility>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "oci-config/annotations.h"
#include "oci-config/json.h"

namespace ocinet::shim::docker {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t largest_file = 16 << 20;
constexpr std::string_view digest_prefix = "sha256:";

std::string read(const std::string& file) {
    auto text = read_file(file, largest_file);
    if (!text) {
        throw Error("there is no " + file);
    }
    return std::move(*text);
}

constexpr const char* container_file = "config.v2.json";

bool is_digest(std::string_view text) {
    return text.size() == 64 &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

fs::path image_of(oci::ObjectReader& container, const fs::path& directory) {
    const std::string image = container.text("Image").value_or("");
    const std::string driver = container.text("Driver").value_or("");
    const std::string digest =
        image.starts_with(digest_prefix) ? image.substr(digest_prefix.size()) : "";
    if (!is_digest(digest) || driver.empty() || driver.find('/') != std::string::npos) {
        return {};
    }
    return directory.parent_path().parent_path() / "image" / driver / "imagedb/content/sha256" /
           digest;
}

oci::Annotations our_labels(oci::ObjectReader& container) {
    oci::Annotations labels;
    const auto* config = container.object("Config");
    if (!config) {
        return labels;
    }
    oci::ObjectReader of_config(*config, container.name() + ": Config");
    if (const auto* all = of_config.object("Labels")) {
        labels = oci::parse_annotations(*all, of_config.name() + ": Labels");
    }
    std::erase_if(
        labels, [](const auto& label) { return !label.first.starts_with(oci::annotation_prefix); });
    return labels;
}

// A file without our labels need not be right.
Container read_container(const fs::path& directory, const std::string& text) {
    if (text.find(oci::annotation_prefix) == std::string::npos) {
        return {.directory = directory};
    }
    const std::string file = directory / container_file;
    const json container = oci::parse_json(text, file);
    oci::ObjectReader reader(container, file);
    return {
        .directory = directory, .labels = our_labels(reader), .image = image_of(reader, directory)};
}

/// Whatever stands under one of our keys, wherever that is. The image's author wrote the text, and
/// dockerd, which is Go, reads it otherwise than our parser does: it takes `labels` for `Labels`,
/// and of members of one name not the last one alone.
class OurPairs : public json::json_sax_t {
public:
    std::set<std::pair<std::string, std::string>> found;

    bool key(std::string& text) override {
        key_ = text;
        return true;
    }
    bool string(std::string& text) override { return value(text); }
    bool null() override { return value(""); }
    bool boolean(bool) override { return value(""); }
    bool number_integer(number_integer_t) override { return value(""); }
    bool number_unsigned(number_unsigned_t) override { return value(""); }
    bool number_float(number_float_t, const std::string&) override { return value(""); }
    bool binary(json::binary_t&) override { return value(""); }
    bool start_object(std::size_t) override { return true; }
    bool end_object() override { return true; }
    bool start_array(std::size_t) override { return true; }
    bool end_array() override { return true; }
    bool parse_error(std::size_t, const std::string&, const json::exception& error) override {
        throw Error(error.what());
    }

private:
    bool value(const std::string& text) {
        if (key_.starts_with(oci::annotation_prefix)) {
            found.emplace(key_, text);
        }
        return true;
    }

    std::string key_;
};

} // namespace

std::optional<Container> find(const std::vector<std::string>& mounted, const std::string& id) {
    for (const fs::path file : mounted) {
        const fs::path directory = file.parent_path();
        if (id.empty() || directory.filename() != id) {
            continue;
        }
        if (const auto text = read_file(directory / container_file, largest_file)) {
            return read_container(directory, *text);
        }
    }
    return std::nullopt;
}

oci::Annotations without_images(oci::Annotations labels, const Container& container) {
    const std::string file = container.image;
    if (file.empty()) {
        throw Error((container.directory / container_file).string() + " names no image");
    }
    const std::string text = read(file);
    OurPairs pairs;
    try {
        json::sax_parse(text, &pairs);
    } catch (Error& error) {
        throw error.in(file);
    }
    std::erase_if(labels, [&](const auto& label) { return pairs.found.contains(label); });
    return labels;
}

std::string network_mode(const Container& container) {
    const std::string file = container.directory / "hostconfig.json";
    const json config = oci::parse_json(read(file), file);
    return oci::ObjectReader(config, file).text("NetworkMode").value_or("");
}

} // namespace ocinet::shim::docker
