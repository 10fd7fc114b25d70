// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/image.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/base/caught.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocinet::oci {

namespace {

using nlohmann::json;
using test::contains;
using Keys = std::set<std::string>;

const json asking = {{"io.ocinet.network", "host"}, {"io.ocinet.name", "x"}, {"other", "y"}};

// As podman 4.3 writes it: names and members that do not matter are left out.
class Storage {
public:
    explicit Storage(std::string driver = "overlay") : driver_(std::move(driver)) {
        put_containers("containers.json", "c1", "abc");
        put_manifest("abc", "manifest", {{"schemaVersion", 2}});
    }

    void put_containers(const std::string& name, const std::string& id,
                        const std::string& image) const {
        const json list = {{{"id", "other"}, {"image", "other"}}, {{"id", id}, {"image", image}}};
        put(driver_ + "-containers/" + name, list.dump());
    }
    void put_manifest(const std::string& image, const std::string& name,
                      const json& manifest) const {
        put(driver_ + "-images/" + image + "/" + name, manifest.dump());
    }
    void put(const std::string& path, const std::string& text) const {
        const auto file = directory_.path() / path;
        std::filesystem::create_directories(file.parent_path());
        test::write_text(file, text);
    }
    void remove(const std::string& path) const {
        std::filesystem::remove_all(directory_.path() / path);
    }

    Bundle bundle() const { return {.path = directory_ / (driver_ + "-containers/c1/userdata")}; }
    ImageRequest found() const { return image_request(bundle()); }
    std::string checked(bool image_requests = false) const {
        return check_image({.file = "o.json", .image_requests = image_requests}, bundle());
    }

private:
    std::string driver_;
    test::TempDir directory_;
};

} // namespace

TEST_CASE("an image that asks for nothing") {
    const Storage storage;
    CHECK(storage.found().keys.empty());
    CHECK(storage.found().problem.empty());
    CHECK(storage.checked().empty());
    storage.put_manifest("abc", "manifest", {{"annotations", {{"io.ocinets", "x"}}}});
    CHECK(storage.checked().empty());
}

TEST_CASE("an image that asks is refused by the names of its keys") {
    const std::string driver = GENERATE("overlay", "vfs", "btrfs");
    const Storage storage(driver);
    storage.put_manifest("abc", "manifest", {{"annotations", asking}});
    CHECK(storage.found().keys == Keys{"io.ocinet.name", "io.ocinet.network"});
    const auto error = test::caught([&] { storage.checked(); });
    CHECK(error.message() == "the container's image asks for a network, by its own annotations "
                             "io.ocinet.name, io.ocinet.network");
    CHECK_THAT(error.hint(), contains("\"image_requests\": true in o.json"));
    CHECK(storage.checked(true).empty());
}

TEST_CASE("each manifest that was stored for the image counts") {
    const Storage storage;
    // "manifest-sha256:1" and "sha256:1", the image's configuration.
    storage.put_manifest("abc", "=bWFuaWZlc3Qtc2hhMjU2OjE=", {{"annotations", asking}});
    storage.put("overlay-images/abc/=c2hhMjU2OjE=", "no JSON");
    CHECK(storage.found().keys.size() == 2);
}

TEST_CASE("a container that is gone after a reboot stands in another file") {
    const Storage storage;
    storage.put_containers("containers.json", "c2", "abc");
    storage.put_containers("volatile-containers.json", "c1", "def");
    storage.put_manifest("def", "manifest", {{"annotations", asking}});
    CHECK(storage.found().keys.size() == 2);
}

TEST_CASE("a container without an image") {
    const Storage storage;
    storage.put_containers("containers.json", "c1", "");
    CHECK(storage.checked().empty());
}

TEST_CASE("what cannot be found out is said") {
    const Storage storage;
    storage.remove("overlay-images/abc");
    CHECK_THAT(storage.checked(), contains("is not known: no manifest below ") && contains("abc"));
    storage.put_containers("containers.json", "c1", "../abc");
    CHECK_THAT(storage.checked(), contains("\"../abc\" is no image's id"));
    storage.put_containers("containers.json", "c2", "abc");
    CHECK_THAT(storage.checked(), contains("the container stands in no containers.json of "));
    storage.remove("overlay-containers/containers.json");
    CHECK_THAT(storage.checked(), contains("the container stands in no containers.json of "));
    CHECK(storage.checked(true).empty());
    const Bundle elsewhere{.path = "/tmp/bundle",
                           .annotations = {{"io.container.manager", "libpod"}}};
    CHECK(check_image({}, elsewhere) == "whether the image itself asks for its network is "
                                        "not known: the bundle /tmp/bundle lies in no "
                                        "storage of Podman's");
}

TEST_CASE("a bundle that is none of Podman's has no image") {
    for (const char* path : {"/run/containerd/io.containerd.runtime.v2.task/moby/c1", "/b",
                             "/s/overlay-containers/c1", "/s/overlay/c1/userdata"}) {
        CHECK(check_image({}, {.path = path}).empty());
    }
}

TEST_CASE("a storage that cannot be read is an error") {
    const Storage storage;
    storage.put("overlay-images/abc/manifest", "{");
    CHECK_THAT(test::message_of([&] { storage.checked(); }),
               contains("manifest is not valid JSON"));
}

TEST_CASE("a list of containers that cannot be read is an error") {
    const Storage storage;
    const std::string text = GENERATE("{}", "[5]", "[");
    CAPTURE(text);
    storage.put("overlay-containers/containers.json", text);
    CHECK_THAT(test::message_of([&] { storage.checked(); }), contains("containers.json"));
}

} // namespace ocinet::oci
