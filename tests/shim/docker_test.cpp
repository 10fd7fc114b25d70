// SPDX-License-Identifier: GPL-2.0-or-later
// What a container of dockerd's asks for, by dockerd's files, which are simulated here.
#include "shim/docker.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "netsetup/base/error.h"
#include "shim/request.h"
#include "tests/base/caught.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocinet::test {

namespace {

using nlohmann::json;

const std::string id(64, 'c');
const std::string digest(64, 'd');
const std::string no_problem = "nothing was thrown";

struct Docker {
    Docker() {
        container = {{"ID", id},
                     {"Image", "sha256:" + digest},
                     {"Driver", "overlay2"},
                     {"Config", {{"Labels", {{"io.ocinet.network", "web"}, {"other", "label"}}}}}};
        for (const char* file : {"hosts", "hostname", "resolv.conf"}) {
            bundle["mounts"].push_back({{"destination", std::string("/etc/") + file},
                                        {"type", "bind"},
                                        {"source", directory() + "/" + file}});
        }
        bundle["linux"] = {{"namespaces", {{{"type", "network"}}}}};
    }

    std::string directory() const { return root / ("containers/" + id); }
    std::string image_file() const {
        return root / ("image/overlay2/imagedb/content/sha256/" + digest);
    }
    std::string settings_file() const { return root / "ocinet.json"; }
    void write() const {
        write_text(directory() + "/config.v2.json", container.dump());
        write_text(directory() + "/hostconfig.json", host_config.dump());
        std::filesystem::remove(image_file());
        if (!image.empty()) {
            write_text(image_file(), image);
        }
    }
    std::optional<shim::Injection> injection(const std::string& of = id) const {
        write();
        return shim::injection_for(bundle.dump(), "/bundle", of, settings_file());
    }
    /// What the labels add to config.json's annotations.
    oci::Annotations added() const {
        const auto wanted = injection();
        return wanted ? wanted->annotations : oci::Annotations();
    }
    std::string problem() const {
        return message_of([&] { injection(); });
    }

    TempDir root;
    json container;
    json host_config = {{"NetworkMode", "none"}};
    std::string image = R"({"config":{"Labels":{"maintainer":"somebody"}}})";
    json bundle;
};

const oci::Annotations asks_for_web = {{"io.ocinet.network", "web"}};
const oci::Annotations nothing;

} // namespace

TEST_CASE("a Docker container's labels are its user's request") {
    Docker docker;
    CHECK(docker.added() == asks_for_web);
    docker.image = R"({"config":{"Labels":null}})";
    CHECK(docker.added() == asks_for_web);
    docker.container["Config"]["Labels"] = nullptr;
    CHECK(!docker.injection());
}

// dockerd is written in Go: to it `labels` are `Labels`, and members of one name are one.
TEST_CASE("an image's own labels ask for nothing, however its author writes them") {
    Docker docker;
    for (const char* text :
         {R"({"config":{"Labels":{"io.ocinet.network":"web"}}})",
          R"({"config":{"labels":{"io.ocinet.network":"web"}}})",
          R"({"CONFIG":{"LABELS":{"io.ocinet.network":"web"}}})",
          R"({"config":{"Labels":{"io.ocinet.network":"web"}},"Config":{}})",
          R"({"config":{"Labels":{"io.ocinet.network":"web"},"Labels":{}}})",
          R"({"config":{"Labels":{"io.ocinet.network":"web"}},"config":{"Labels":{}}})",
          R"({"config":{"Labels":{"io.ocinet.network":"web","io.ocinet.network":"x"}}})",
          R"({"config":{"Labels":{"io\u002eocinet.network":"we\u0062"}}})"}) {
        CAPTURE(text);
        docker.image = text;
        CHECK(!docker.injection());
    }
    // Beside them the user's own; and another value than the image's is the user's.
    docker.image = R"({"config":{"Labels":{"io.ocinet.network":"web","io.ocinet.name":null}}})";
    auto& labels = docker.container["Config"]["Labels"];
    labels["io.ocinet.publish"] = "8080:80";
    labels["io.ocinet.name"] = "";
    CHECK(docker.added() == oci::Annotations{{"io.ocinet.publish", "8080:80"}});
    labels["io.ocinet.network"] = "bridge";
    CHECK(docker.added() ==
          oci::Annotations{{"io.ocinet.network", "bridge"}, {"io.ocinet.publish", "8080:80"}});
    // Where the administrator lets images ask.
    write_text(docker.settings_file(), R"({"image_requests": true})");
    labels = {{"io.ocinet.network", "web"}};
    CHECK(docker.added() == asks_for_web);
}

TEST_CASE("labels whose owner is not known are refused, or mean nothing beside annotations") {
    Docker docker;
    docker.image = "";
    CHECK_THAT(docker.problem(), contains("is not known: there is no " + docker.image_file()));
    docker.bundle["annotations"] = {{"io.ocinet.publish", "8080:80"}};
    CHECK(docker.added() == nothing);
    docker.bundle["annotations"] = {{"io.ocinet.network", "bridge"}};
    CHECK(docker.injection());
    docker.bundle.erase("annotations");
    docker.image = "{";
    CHECK_THAT(docker.problem(), contains(docker.image_file()));
    docker.image = "{}";
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
    CHECK(docker.problem() == no_problem);
}

TEST_CASE("dockerd's directory is found where the user has taken the place of some files") {
    Docker docker;
    docker.bundle["mounts"][0]["source"] = "/home/user/hosts";
    CHECK(docker.added() == asks_for_web);
    docker.bundle["mounts"][1]["source"] = "/home/user/hostname";
    CHECK(docker.added() == asks_for_web);
    docker.bundle["mounts"][2]["source"] = docker.root / "resolv.conf";
    CHECK(!docker.injection());
    CHECK(!Docker().injection(std::string(64, 'e')));
    CHECK(!Docker().injection(""));
}

TEST_CASE("a container has Docker's network or ours") {
    Docker docker;
    for (const char* mode : {"default", "bridge", "host", "mynet"}) {
        docker.host_config["NetworkMode"] = mode;
        CHECK_THAT(docker.problem(), contains(std::string("has Docker's \"") + mode + "\", too"));
    }
    // One who asks for nothing has what Docker gives.
    docker.container["Config"]["Labels"] = nullptr;
    CHECK(!docker.injection());
    docker.bundle["annotations"] = {{"io.ocinet.network", "none"}};
    CHECK_THAT(docker.problem(), contains("has Docker's \"mynet\", too"));
    docker.host_config["NetworkMode"] = "none";
    CHECK(docker.problem() == no_problem);
    // dockerd would take the host's namespace for its own, and set it up.
    write_text(docker.settings_file(), R"({"host": true})");
    docker.bundle["annotations"] = {{"io.ocinet.network", "host"}};
    CHECK_THAT(docker.problem(), contains("only Docker can give it"));
}

TEST_CASE("who asks for nothing does not suffer from what is not right") {
    Docker docker;
    docker.container["Config"]["Labels"] = {{"other", "label"}};
    write_text(docker.settings_file(), "{");
    docker.image = "";
    CHECK(!docker.injection());
    write_text(docker.directory() + "/config.v2.json", "half of i");
    CHECK(!shim::injection_for(docker.bundle.dump(), "/bundle", id, docker.settings_file()));
    CHECK(!shim::injection_for("\xff{", "/bundle", id, docker.settings_file()));
}

} // namespace ocinet::test
