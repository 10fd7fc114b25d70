// SPDX-License-Identifier: GPL-2.0-or-later
#include "shim/docker.h"

#include <nlohmann/json.hpp>

#include "netsetup/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

const std::string id(64, 'c');
const std::string digest(64, 'd');

/// dockerd's directory, simulated: a container and its image.
struct Docker {
    Docker() {
        container = {{"ID", id},
                     {"Image", "sha256:" + digest},
                     {"Driver", "overlay2"},
                     {"Config", {{"Labels", {{"io.ocinet.network", "web"}, {"other", "label"}}}}}};
        image = {{"config", {{"Labels", {{"maintainer", "somebody"}}}}}};
        bundle.hosts = {.source = directory() + "/hosts"};
    }

    std::string directory() const { return root / ("containers/" + id); }
    std::string image_file() const {
        return root / ("image/overlay2/imagedb/content/sha256/" + digest);
    }
    oci::Annotations labels(const std::string& of = id) const {
        write_text(directory() + "/config.v2.json", container.dump());
        if (!image.is_null()) {
            write_text(image_file(), image.dump());
        }
        return shim::docker_labels(settings, bundle, of);
    }
    std::string problem() const {
        try {
            labels();
            return "none";
        } catch (const Error& error) {
            return error.what();
        }
    }

    TempDir root;
    json container;
    json image;
    oci::Bundle bundle;
    oci::Settings settings;
};

const oci::Annotations asks_for_web = {{"io.ocinet.network", "web"}};
const oci::Annotations nothing;

} // namespace

TEST_CASE("a Docker container's labels are its user's request") {
    Docker docker;
    CHECK(docker.labels() == asks_for_web);
    docker.image = {{"config", {{"Labels", nullptr}}}};
    CHECK(docker.labels() == asks_for_web);
    docker.container["Config"]["Labels"] = nullptr;
    CHECK(docker.labels() == nothing);
}

TEST_CASE("an image's own labels ask for nothing") {
    Docker docker;
    docker.image["config"]["Labels"]["io.ocinet.network"] = "web";
    CHECK(docker.labels() == nothing);
    // Beside them the user's own.
    docker.container["Config"]["Labels"]["io.ocinet.publish"] = "8080:80";
    CHECK(docker.labels() == oci::Annotations{{"io.ocinet.publish", "8080:80"}});
    // Another value than the image's is the user's.
    docker.container["Config"]["Labels"].erase("io.ocinet.publish");
    docker.image["config"]["Labels"]["io.ocinet.network"] = "host";
    CHECK(docker.labels() == asks_for_web);
    // Where the administrator lets images ask.
    docker.image["config"]["Labels"]["io.ocinet.network"] = "web";
    docker.settings.image_requests = true;
    CHECK(docker.labels() == asks_for_web);
}

TEST_CASE("labels whose owner is not known are refused") {
    Docker docker;
    docker.image = nullptr;
    CHECK_THAT(docker.problem(), contains("is not known: no ") && contains(docker.image_file()));
    for (const json& image : {json(), json("sha256:short"), json("sha256:../../../../etc/passwd"),
                              json(digest), json("sha256:" + std::string(64, 'D'))}) {
        docker.container["Image"] = image;
        CHECK_THAT(docker.problem(), contains("names no image"));
    }
    docker.container["Image"] = "sha256:" + digest;
    for (const json& driver : {json(), json("../overlay2")}) {
        docker.container["Driver"] = driver;
        CHECK_THAT(docker.problem(), contains("names no image"));
    }
    // Without labels of ours nobody needs to know.
    docker.container["Config"]["Labels"].erase("io.ocinet.network");
    CHECK(docker.labels() == nothing);
}

TEST_CASE("only what dockerd keeps of this container is read") {
    Docker docker;
    CHECK(docker.labels(std::string(64, 'e')) == nothing);
    docker.container["ID"] = std::string(64, 'e');
    CHECK(docker.labels() == nothing);
    docker.container["ID"] = id;
    docker.bundle.hosts.reset();
    CHECK(docker.labels() == nothing);
    docker.bundle.hosts = {.source = docker.root / "hosts"};
    CHECK(docker.labels() == nothing);
}

} // namespace ocinet::test
