// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/conflist.h"

#include <nlohmann/json.hpp>

#include "oci-config/network.h"
#include "tests/base/caught.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocinet::oci {

namespace {

using nlohmann::json;
using test::caught;

json list() {
    return {{"cniVersion", "1.0.0"},
            {"name", "pods"},
            {"plugins",
             {{{"type", "bridge"},
               {"bridge", "cni0"},
               {"unknown", {{"deep", 1}}},
               {"runtimeConfig", "a runtime's to say"}},
              {{"type", "portmap"}, {"capabilities", {{"portMappings", true}, {"mac", false}}}}}}};
}

json list_with(const std::string& key, const json& value) {
    json changed = list();
    changed[key] = value;
    return changed;
}

Conflist parsed(const json& text) {
    return read_conflist(text, "web", "list");
}

std::string fault(const json& text) {
    return caught([&] { parsed(text); }).message();
}

} // namespace

TEST_CASE("a list of CNI plugins is read as the plugins are to read it") {
    const Conflist read = parsed(list());
    CHECK(read.name == "pods");
    CHECK(read.version == "1.0.0");
    CHECK(read.checks);
    CHECK(read.collects);
    REQUIRE(read.plugins.size() == 2);
    CHECK(read.plugins[0].type == "bridge");
    CHECK(json::parse(read.plugins[0].config) == json{{"type", "bridge"},
                                                      {"bridge", "cni0"},
                                                      {"unknown", {{"deep", 1}}},
                                                      {"name", "pods"},
                                                      {"cniVersion", "1.0.0"}});
    CHECK(read.plugins[1].takes("portMappings"));
    CHECK_FALSE(read.plugins[1].takes("mac"));
    CHECK_FALSE(read.plugins[1].takes("ips"));
    // The specification takes them away before the plugin reads it.
    CHECK_FALSE(json::parse(read.plugins[1].config).contains("capabilities"));
}

TEST_CASE("a list of CNI plugins is called like the network where it has no name") {
    json nameless = list();
    nameless.erase("name");
    CHECK(parsed(nameless).name == "web");
}

TEST_CASE("of the versions that a list of CNI plugins offers, the newest known one is taken") {
    CHECK(parsed(list_with("cniVersion", "0.3.1")).version == "0.3.1");
    CHECK(parsed(list_with("cniVersions", {"0.4.0", "1.1.0", "2.0.0"})).version == "1.1.0");
    CHECK(parsed(list_with("cniVersions", {"0.4.0"})).version == "1.0.0");
    CHECK(fault(list_with("cniVersion", "0.2.0")) ==
          "list: cniVersion: \"0.2.0\" is no version that we can speak");
    CHECK_FALSE(has_check("0.3.1"));
    CHECK(has_check("0.4.0"));
    CHECK(has_check("1.1.0"));
    CHECK_FALSE(has_gc_and_status("1.0.0"));
    CHECK(has_gc_and_status("1.1.0"));
}

TEST_CASE("what a list of CNI plugins forbids is not done") {
    CHECK_FALSE(parsed(list_with("disableCheck", true)).checks);
    CHECK_FALSE(parsed(list_with("disableGC", true)).collects);
}

TEST_CASE("a list of CNI plugins that makes no sense is an error that names the place") {
    CHECK(fault(list_with("plugins", json::array())) == "list: plugins: the list has no plugin");
    CHECK(fault(list_with("plugins", {{{"type", "../sh"}}})) ==
          "list: plugins[0]: type: \"../sh\" is no plugin's name");
    CHECK(fault(list_with("plugins", json::array({json::object()}))) ==
          "list: plugins[0]: type: \"\" is no plugin's name");
    CHECK(fault(list_with("name", "../x")) == "list: name: \"../x\" is no network's name");
    CHECK(fault(list_with("plugins", {{{"type", "a"}, {"capabilities", {{"ips", "yes"}}}}})) ==
          "list: plugins[0]: capabilities: ips is neither true nor false");
    CHECK(fault(json::array()) == "list is not a JSON object");
}

TEST_CASE("a network of the driver cni has a list, and nothing that others have") {
    const auto network = [](const json& more = json::object()) {
        json file{{"driver", "cni"}, {"conflist", list()}};
        file.update(more);
        return file.dump();
    };
    const Network read = parse_network(network(), "web", "web.json");
    REQUIRE(read.conflist);
    CHECK(read.conflist->plugins.size() == 2);
    CHECK(read.interface.empty());
    const auto fault_of = [&](const json& more) {
        return caught([&] { parse_network(network(more), "web", "web.json"); }).message();
    };
    CHECK(fault_of({{"subnets", {{{"subnet", "10.7.0.0/24"}}}}}) ==
          "web.json: subnets: unknown key");
    CHECK(fault_of({{"options", {{"mtu", "1400"}}}}) == "web.json: options: mtu: unknown key");
    CHECK_THAT(fault_of({{"conflist", nullptr}}), test::contains("conflist: missing"));
    CHECK(parse_network(network({{"options", {{"no_default_route", "true"}}}}), "web", "web.json")
              .no_default_route);
}

TEST_CASE("a network of the driver cni may name the file of its list") {
    const test::TempDir directory;
    const std::string path = directory / "pods.conflist";
    const auto load = [&](const json& conflist) {
        test::write_text(directory / "web.json",
                         json{{"driver", "cni"}, {"conflist", conflist}}.dump());
        return load_network("web", directory.path().string());
    };
    test::write_text(path, list().dump());
    CHECK(load(path).conflist->name == "pods");
    CHECK_FALSE(load(path).conflist->collects); // it may be others', too
    CHECK(load(list()).conflist->collects);
    CHECK_THAT(caught([&] { load("pods.conflist"); }).message(),
               test::contains("\"pods.conflist\" is no absolute path"));
    CHECK_THAT(caught([&] { load(path + "x"); }).message(), test::contains("there is no " + path));
    test::write_text(path, "{");
    CHECK_THAT(caught([&] { load(path); }).message(), test::contains(path + " is not valid JSON"));
}

} // namespace ocinet::oci
