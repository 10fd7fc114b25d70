// SPDX-License-Identifier: GPL-2.0-or-later
// The files by which Podman finds the hook: oci-config/hooks.d, as CMake made them.
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>

#include "oci-config/state.h"
#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocinet::test {

TEST_CASE("there is one file for each stage, and it names the hook") {
    for (const std::string stage : {"createRuntime", "poststop"}) {
        CAPTURE(stage);
        const auto file = nlohmann::json::parse(
            read_text(OCINET_PREFIX "/share/containers/oci/hooks.d/ocinet-" + stage + ".json"));
        CHECK(file["version"] == "1.0.0");
        CHECK(file["hook"]["path"] == hook_program());
        CHECK(file["hook"]["args"] == nlohmann::json{"ocinet-hook", stage});
        CHECK_NOTHROW(oci::parse_stage(file["hook"]["args"][1]));
        CHECK_THAT(file["hook"]["env"][0].get<std::string>(), contains("PATH=/"));
        CHECK(file["stages"] == nlohmann::json{stage});
    }
}

TEST_CASE("the files are for whoever has an annotation of ours, misspelt or not") {
    const auto file = nlohmann::json::parse(
        read_text(OCINET_PREFIX "/share/containers/oci/hooks.d/ocinet-poststop.json"));
    const auto& when = file["when"]["annotations"];
    REQUIRE(when.size() == 1);
    const std::regex key(when.begin().key());
    CHECK(std::regex_search("io.ocinet.network", key));
    CHECK(std::regex_search("io.ocinet.netwrok", key));
    CHECK_FALSE(std::regex_search("io_ocinet.network", key));
    CHECK_FALSE(std::regex_search("x.io.ocinet.network", key));
    CHECK(when.begin().value() == ".*");
}

// The prefix is chosen when it is installed, not when it is configured.
TEST_CASE("installed, they name the installed hook") {
    const TempDir root;
    const std::string log = root / "log";
    const std::string command = "cmake --install " OCINET_PREFIX "/oci-config --prefix " +
                                (root / "usr") + " >" + log + " 2>&1";
    REQUIRE(std::system(command.c_str()) == 0);
    for (const std::string stage : {"createRuntime", "poststop"}) {
        const auto file = nlohmann::json::parse(
            read_text(root / ("usr/share/containers/oci/hooks.d/ocinet-" + stage + ".json")));
        CHECK(file["hook"]["path"] == root / "usr/libexec/ocinet/ocinet-hook");
    }
}

} // namespace ocinet::test
