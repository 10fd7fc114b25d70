// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/settings.h"

#include <nlohmann/json.hpp>

#include "tests/base/caught.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocinet::oci {

namespace {

using nlohmann::json;
using test::caught;
using test::message_of;

const std::string file = "/etc/ocinet/ocinet.json";

Settings parsed(const json& settings) {
    return parse_settings(settings.dump(), file);
}

ContainerRequest request(const std::string& network, const std::string& publish = "") {
    ContainerRequest wanted;
    wanted.attachments = parse_attachments(network);
    if (!publish.empty()) {
        wanted.publish = parse_publish(publish);
    }
    return wanted;
}

std::string verdict(const json& settings, const ContainerRequest& wanted) {
    return message_of([&] { check_allowed(parsed(settings), wanted); });
}

struct Bad {
    json settings;
    const char* problem;
};

std::vector<Bad> bad_settings() {
    return {
        Bad{{{"image_request", true}}, ": image_request: unknown key"},
        Bad{{{"image_requests", "yes"}}, ": image_requests: not true or false"},
        Bad{{{"host", 1}}, ": host: not true or false"},
        Bad{{{"networks", "web"}}, ": networks: not an array"},
        Bad{{{"networks", {"web", 5}}}, ": networks: 5 is not a network's name"},
        Bad{{{"networks", {"a/b"}}}, ": networks: \"a/b\" is not a network's name"},
        Bad{{{"host_addresses", {"lan"}}},
            ": host_addresses: \"lan\" is not an address, or a prefix like 192.0.2.0/24"},
        Bad{{{"host_addresses", {"192.0.2.1/24"}}},
            ": host_addresses: \"192.0.2.1/24\" is not an address, or a prefix like "
            "192.0.2.0/24"},
        Bad{{{"port_range", 8080}}, ": port_range: not a string"},
        Bad{{{"port_range", "8080"}},
            ": port_range: \"8080\" is not a range of ports like 1024-65535"},
        Bad{{{"port_range", "9-8"}},
            ": port_range: \"9-8\" is not a range of ports like 1024-65535"},
        Bad{{{"port_range", "0-8"}},
            ": port_range: \"0-8\" is not a range of ports like 1024-65535"},
        Bad{{{"port_range", "1-2-3"}},
            ": port_range: \"1-2-3\" is not a range of ports like 1024-65535"},
        Bad{json::array(), " is not a JSON object"},
    };
}

const std::string allowed = "nothing was thrown";

} // namespace

TEST_CASE("without settings everything is allowed, but not to an image") {
    const test::TempDir directory;
    const bool is_there = GENERATE(true, false);
    const auto settings =
        is_there ? parsed(json::object()) : load_settings(directory / "ocinet.json");
    CHECK_FALSE(settings.image_requests);
    CHECK_FALSE(settings.host);
    CHECK(message_of([&] { check_allowed(settings, request("bridge", "1:1,0.0.0.0::80")); }) ==
          allowed);
}

TEST_CASE("what stands in the file holds") {
    const test::TempDir directory;
    test::write_text(directory / "ocinet.json", R"({"image_requests": true, "host": true})");
    const auto settings = load_settings(directory / "ocinet.json");
    CHECK(settings.image_requests);
    CHECK(settings.host);
}

TEST_CASE("what is wrong in the settings is named with file and key") {
    for (const auto& [settings, problem] : bad_settings()) {
        const auto message = message_of([&bad = settings] { parsed(bad); });
        CHECK(message == file + problem);
    }
}

TEST_CASE("settings that are no JSON") {
    CHECK_THAT(message_of([] { parse_settings("{", file); }),
               test::contains(file + " is not valid JSON"));
}

TEST_CASE("only the networks that are listed") {
    const json settings = {{"networks", {"web", "none"}}};
    CHECK(verdict(settings, request("web:ip=10.1.0.5")) == allowed);
    CHECK(verdict(settings, request("none")) == allowed);
    const auto error = caught([&] { check_allowed(parsed(settings), request("host")); });
    CHECK(error.message() == "network \"host\" is not allowed by " + file);
    CHECK(error.hint() == "allowed are: web, none");
    CHECK(caught([] {
              check_allowed(parsed({{"networks", json::array()}}), request("web"));
          }).hint() == "its \"networks\" allows none");
}

TEST_CASE("only on the host addresses that are listed") {
    const json settings = {{"host_addresses", {"127.0.0.1", "192.0.2.0/28"}}};
    CHECK(verdict(settings, request("bridge")) == allowed);
    CHECK(verdict(settings, request("bridge", "127.0.0.1:80:80,192.0.2.15:80:80")) == allowed);
    for (const std::string address : {"192.0.2.16", "127.0.0.2"}) {
        CHECK(verdict(settings, request("bridge", address + ":8080:80/udp")) ==
              "published port " + address + ":8080:80/udp: " + file +
                  " does not allow to publish on " + address);
    }
    const auto error = caught(
        [&] { check_allowed(parsed(settings), request("bridge", "127.0.0.1:81:81,8080:80")); });
    CHECK_THAT(error.message(), test::contains("does not allow to publish on all addresses"));
    CHECK(error.hint() == "allowed are: 127.0.0.1, 192.0.2.0/28");
    // All addresses are none of 0.0.0.0/0's alone, and that is one of them.
    CHECK(verdict({{"host_addresses", {"0.0.0.0/0"}}}, request("bridge", "8080:80")) == allowed);
    CHECK(verdict({{"host_addresses", {"0.0.0.0"}}}, request("bridge", "8080:80")) == allowed);
    CHECK(verdict({{"host_addresses", {"0.0.0.0"}}}, request("bridge", "127.0.0.1:8080:80")) !=
          allowed);
    CHECK(verdict({{"host_addresses", json::array()}}, request("bridge", "8080:80")) != allowed);
}

TEST_CASE("only the ports that are in the range") {
    const json settings = {{"port_range", "1024-2000"}};
    CHECK(verdict(settings, request("bridge", "1024:80,2000:80,1500-2000:1500-2000/udp")) ==
          allowed);
    CHECK(verdict(settings, request("bridge", "80,127.0.0.1::80")) == allowed); // chosen from it
    for (const std::string mapping :
         {"1023:80", "2001:80", "1999-2001:1999-2001", "1000-1024:1000-1024"}) {
        CAPTURE(mapping);
        CHECK_THAT(verdict(settings, request("bridge", mapping)),
                   test::contains("published port ") &&
                       test::contains(file + " allows ports 1024-2000"));
    }
}

} // namespace ocinet::oci
