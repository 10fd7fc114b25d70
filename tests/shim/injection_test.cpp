// SPDX-License-Identifier: GPL-2.0-or-later
#include "shim/injection.h"

#include <nlohmann/json.hpp>

#include "netsetup/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocinet::test {

namespace {

using nlohmann::json;
using shim::Injection;

const Injection plain{.hook = "/usr/libexec/ocinet/ocinet-hook"};

std::string injected(const std::string& text, const Injection& injection = plain) {
    return shim::inject(text, "config.json", injection);
}

json added_to(const std::string& text, const std::string& stage) {
    return json::parse(injected(text))["hooks"][stage].back();
}

} // namespace

TEST_CASE("the hooks that are injected are those of hooks.d") {
    for (const std::string stage : {"createRuntime", "poststop"}) {
        const auto file = json::parse(
            read_text(OCINET_PREFIX "/share/containers/oci/hooks.d/ocinet-" + stage + ".json"));
        const Injection ours{.hook = file["hook"]["path"]};
        CHECK(json::parse(injected("{}", ours))["hooks"][stage] == json::array({file["hook"]}));
    }
}

TEST_CASE("all else of a config.json stays, in its order") {
    const std::string text =
        R"({"zebra":1,"ociVersion":"1.0.2","process":{"rlimits":[{"hard":18446744073709551615}],)"
        R"("oomScoreAdj":-998},"x-unknown":{"z":0.1,"a":null,"é":"\u0000é"},)"
        R"("hooks":{"poststop":[{"path":"/theirs"}],"prestart":[{"path":"/setkey"}]},"alpha":[]})";
    const std::string hook =
        R"({"path":"/usr/libexec/ocinet/ocinet-hook","args":["ocinet-hook","STAGE"],)"
        R"("env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],)"
        R"("timeout":60})";
    const auto at = [&](const std::string& stage) {
        std::string one = hook;
        return one.replace(one.find("STAGE"), 5, stage);
    };
    CHECK(injected(text) ==
          R"({"zebra":1,"ociVersion":"1.0.2","process":{"rlimits":[{"hard":18446744073709551615}],)"
          R"("oomScoreAdj":-998},"x-unknown":{"z":0.1,"a":null,"é":"\u0000é"},)"
          R"("hooks":{"poststop":[{"path":"/theirs"},)" +
              at("poststop") + R"(],"prestart":[{"path":"/setkey"}],"createRuntime":[)" +
              at("createRuntime") + R"(]},"alpha":[]})");
}

TEST_CASE("what is there already is not added again") {
    const std::string once = injected(R"({"hooks":null})");
    CHECK(injected(once) == once);
    // Nor is a file written anew that says the same in its own way.
    const std::string pretty = json::parse(once).dump(4);
    CHECK(injected(pretty) == pretty);
    // Another program's hook, and ours of another stage, are not it.
    for (const std::string other :
         {R"({"hooks":{"createRuntime":[{"path":"/usr/bin/other","args":["ocinet-hook",)"
          R"("createRuntime"]}]}})",
          R"({"hooks":{"createRuntime":[{"path":"/usr/libexec/ocinet/ocinet-hook",)"
          R"("args":["ocinet-hook","prestart"]}]}})",
          R"({"hooks":{"createRuntime":[{"path":"/usr/libexec/ocinet/ocinet-hook"},null,7]}})"}) {
        CAPTURE(other);
        CHECK(added_to(other, "createRuntime")["args"] == json({"ocinet-hook", "createRuntime"}));
    }
}

TEST_CASE("labels become annotations") {
    Injection injection = plain;
    injection.annotations = {{"io.ocinet.network", "web"}};
    CHECK(json::parse(injected("{}", injection))["annotations"] ==
          json{{"io.ocinet.network", "web"}});
    CHECK(json::parse(injected(R"({"annotations":{"a":"b"}})", injection))["annotations"] ==
          json{{"a", "b"}, {"io.ocinet.network", "web"}});
}

TEST_CASE("the network namespace goes for the host's, and comes where there was none") {
    const auto namespaces = [](Injection::Network network, const json& list) {
        Injection injection = plain;
        injection.network = network;
        const json config{{"linux", {{"namespaces", list}}}};
        return json::parse(injected(config.dump(), injection))["linux"]["namespaces"];
    };
    const json pid{{"type", "pid"}};
    const json own{{"type", "network"}};
    const json given{{"type", "network"}, {"path", "/run/netns/x"}};
    using Network = Injection::Network;
    CHECK(namespaces(Network::host, {pid, own}) == json::array({pid}));
    CHECK(namespaces(Network::host, {given, pid, own}) == json::array({pid}));
    CHECK(namespaces(Network::host, json::array()) == json::array());
    CHECK(namespaces(Network::own, json::array({pid})) == json({pid, own}));
    CHECK(namespaces(Network::own, {pid, given}) == json({pid, given}));
    CHECK(namespaces(Network::as_it_is, {pid, own}) == json({pid, own}));
    Injection injection = plain;
    injection.network = Network::host;
    const json sysctls{{"net.ipv4.ping_group_range", "0 0"}, {"kernel.msgmax", "1"}};
    const json config{{"linux", {{"sysctl", sysctls}}}};
    CHECK(json::parse(injected(config.dump(), injection))["linux"]["sysctl"] ==
          json{{"kernel.msgmax", "1"}});
    CHECK(json::parse(injected(config.dump()))["linux"]["sysctl"] == sysctls);
    injection.network = Network::own;
    CHECK(json::parse(injected(config.dump(), injection))["linux"]["sysctl"] == sysctls);
    CHECK(json::parse(injected("{}", injection))["linux"]["namespaces"] == json::array({own}));
}

TEST_CASE("what is not as the specification says is named") {
    const auto problem = [](const std::string& text) {
        try {
            injected(text);
            return std::string("none");
        } catch (const Error& error) {
            return std::string(error.what());
        }
    };
    CHECK(problem(R"({"hooks":[]})") == "config.json.hooks is no object");
    CHECK(problem(R"({"hooks":{"poststop":{}}})") == "config.json: hooks.poststop is no array");
}

} // namespace ocinet::test
