// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/bundle.h"

#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "tests/base/caught.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocinet::oci {

namespace {

using nlohmann::json;
using test::contains;
using test::message_of;
using Network = Bundle::Network;

Bundle parsed(const json& config) {
    return parse_bundle(config.dump(), "/b");
}

std::string refusal(const json& config) {
    return message_of([&] { parsed(config); });
}

Bundle with_namespaces(const json& namespaces) {
    return parsed({{"linux", {{"namespaces", namespaces}}}});
}

Bundle with_mounts(const json& mounts) {
    return parsed({{"mounts", mounts}});
}

json hosts_mount(const std::string& source, const json& options = json::array({"rbind", "rw"})) {
    return {
        {"destination", "/etc/hosts"}, {"type", "bind"}, {"source", source}, {"options", options}};
}

} // namespace

TEST_CASE("a bundle's config is read, and what is not ours ignored") {
    const Bundle bundle = parsed({{"ociVersion", "1.0.2"},
                                  {"hostname", "web"},
                                  {"annotations", {{"a", "b"}, {"io.ocinet.name", "w"}}},
                                  {"process", {{"args", {"sh"}}}},
                                  {"linux", {{"namespaces", {{{"type", "network"}}}}, {"x", 1}}},
                                  {"vm", nullptr}});
    CHECK(bundle.path == "/b");
    CHECK(bundle.hostname == "web");
    CHECK(bundle.annotations == Annotations{{"a", "b"}, {"io.ocinet.name", "w"}});
    CHECK(bundle.network == Network::own);
    CHECK_FALSE(bundle.hosts);

    const Bundle empty = parsed(json::object());
    CHECK(empty.hostname.empty());
    CHECK(empty.annotations.empty());
    CHECK(empty.network == Network::host);
}

TEST_CASE("the network namespace is the host's, an own one, or one with a path") {
    CHECK(parsed({{"linux", json::object()}}).network == Network::host);
    CHECK(parsed({{"linux", nullptr}}).network == Network::host);
    CHECK(with_namespaces(json::array()).network == Network::host);
    CHECK(with_namespaces(nullptr).network == Network::host);
    CHECK(with_namespaces({{{"type", "mount"}}, {{"type", "pid"}}}).network == Network::host);
    CHECK(with_namespaces({{{"type", "mount"}}, {{"type", "network"}}}).network == Network::own);
    CHECK(with_namespaces({{{"type", "network"}, {"path", ""}}}).network == Network::own);
    CHECK(with_namespaces({{{"type", "network"}, {"path", nullptr}}}).network == Network::own);

    const Bundle joined = with_namespaces({{{"type", "network"}, {"path", "/run/netns/x"}}});
    CHECK(joined.network == Network::path);
    CHECK(joined.network_path == "/run/netns/x");
}

TEST_CASE("the engine's hosts file is found among the mounts") {
    CHECK_FALSE(with_mounts(json::array()).hosts);
    CHECK_FALSE(with_mounts(nullptr).hosts);
    CHECK_FALSE(
        with_mounts(json::array({{{"destination", "/etc/hostname"}, {"source", "/x"}}})).hosts);

    const auto hosts = with_mounts(json::array({hosts_mount("/var/c/hosts")})).hosts;
    REQUIRE(hosts);
    CHECK(hosts->source == "/var/c/hosts");
    CHECK_FALSE(hosts->read_only);
    // runtime-spec: a relative source counts from the bundle.
    CHECK(with_mounts(json::array({hosts_mount("files/hosts")})).hosts->source == "/b/files/hosts");
    CHECK(with_mounts(json::array({{{"destination", "/etc/hosts"}}})).hosts->source.empty());
    // The later mount covers the earlier one.
    const auto covered =
        with_mounts(json::array({hosts_mount("/a", json::array({"ro"})), hosts_mount("/c")})).hosts;
    CHECK(covered->source == "/c");
    CHECK_FALSE(covered->read_only);
}

TEST_CASE("a read-only hosts file is known by its mount's options") {
    for (const auto* option : {"ro", "rro"}) {
        CHECK(with_mounts(json::array({hosts_mount("/a", json::array({"rbind", option}))}))
                  .hosts->read_only);
    }
    for (const json& options :
         {json(nullptr), json::array(), json::array({"rbind", "rprivate", "rw"})}) {
        CHECK_FALSE(with_mounts(json::array({hosts_mount("/a", options)})).hosts->read_only);
    }
}

TEST_CASE("a config of the wrong shape is refused by file and key") {
    CHECK(refusal({{"hostname", 5}}) == "/b/config.json: hostname: not a string");
    CHECK(refusal({{"annotations", "x"}}) == "/b/config.json: annotations: not an object");
    CHECK(refusal({{"annotations", {{"k", 1}}}}) == "/b/config.json: annotations: k: not a string");
    CHECK(refusal({{"linux", 1}}) == "/b/config.json: linux: not an object");
    CHECK(refusal({{"linux", {{"namespaces", 1}}}}) ==
          "/b/config.json: linux: namespaces: not an array");
    CHECK(refusal({{"linux", {{"namespaces", {1}}}}}) ==
          "/b/config.json: linux: namespaces is not a JSON object");
    CHECK(refusal({{"linux", {{"namespaces", {{{"type", 1}}}}}}}) ==
          "/b/config.json: linux: namespaces: type: not a string");
    CHECK(refusal({{"mounts", json::object()}}) == "/b/config.json: mounts: not an array");
    CHECK(refusal({{"mounts", {"x"}}}) == "/b/config.json: mounts is not a JSON object");
    CHECK(refusal(json::array()) == "/b/config.json is not a JSON object");
    CHECK_THAT(message_of([] { parse_bundle("{", "/b"); }),
               contains("/b/config.json is not valid JSON: "));
}

TEST_CASE("a bundle is read from its directory, and only from a regular file") {
    const test::TempDir directory;
    const std::string path = directory.path().string();
    CHECK(message_of([&] { read_bundle(path); }) == "no config.json in the bundle " + path);
    CHECK(message_of([&] { read_bundle(path + "/x"); }) ==
          "no config.json in the bundle " + path + "/x");

    test::write_text(directory / "real.json", R"({"hostname":"web"})");
    REQUIRE(::symlink("real.json", (directory / "config.json").c_str()) == 0);
    CHECK_THAT(message_of([&] { read_bundle(path); }), contains("(ELOOP)"));
    REQUIRE(::unlink((directory / "config.json").c_str()) == 0);
    REQUIRE(::mkfifo((directory / "config.json").c_str(), 0600) == 0);
    CHECK(message_of([&] { read_bundle(path); }) == path + "/config.json is not a regular file");
    REQUIRE(::unlink((directory / "config.json").c_str()) == 0);
    std::filesystem::rename(directory / "real.json", directory / "config.json");
    CHECK(read_bundle(path).hostname == "web");
    std::filesystem::resize_file(directory / "config.json", max_config_size + 1);
    CHECK(message_of([&] { read_bundle(path); }) ==
          path + "/config.json is larger than 16777216 bytes");
}

} // namespace ocinet::oci
