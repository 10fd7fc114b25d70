// SPDX-License-Identifier: GPL-2.0-or-later
// What the driver "cni" decides, as the commands that its plans print.
#include <nlohmann/json.hpp>

#include "netsetup/base/text.h"
#include "tests/base/caught.h"
#include "tests/drivers/request.h"
#include "tests/support/catch.h"

namespace ocinet::test {

namespace {

using drivers::Request;
using nlohmann::json;

json file(const std::string& version = "1.0.0") {
    const json ptp{{"type", "ptp"},
                   {"ipam", {{"type", "host-local"}}},
                   {"capabilities", {{"ips", true}, {"mac", true}}}};
    const json portmap{{"type", "portmap"}, {"capabilities", {{"portMappings", true}}}};
    return {{"driver", "cni"},
            {"conflist", {{"cniVersion", version}, {"name", "pods"}, {"plugins", {ptp, portmap}}}}};
}

HostView view() {
    HostView found = cold_view();
    found.addresses.clear();
    found.plugins = {"/usr/lib/cni/ptp", "/opt/cni/bin/portmap"};
    return found;
}

Plan planned(const Request& request, const HostView& found = view()) {
    HostView answer = found;
    for (const auto& port : drivers::query_cni(request).ports) {
        answer.ports.push_back(port.claims.front().first);
    }
    return drivers::plan_cni(request, answer);
}

std::vector<ops::CniPlugin> plugins_of(const Plan& plan) {
    std::vector<ops::CniPlugin> plugins;
    for (const auto& step : plan.own) {
        if (const auto* op = std::get_if<ops::CniPlugin>(&step.operation)) {
            plugins.push_back(*op);
        }
    }
    return plugins;
}

std::string refusal(const Request& request, const HostView& found = view()) {
    return caught([&] { planned(request, found); }).message();
}

} // namespace

TEST_CASE("plugins are looked for by their names") {
    const HostQuery query = drivers::query_cni(request_for(file().dump()));
    CHECK(query.plugins == std::vector<std::string>{"ptp", "portmap"});
    CHECK(query.plugin_directories ==
          std::vector<std::string>{"/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"});
}

TEST_CASE("each plugin of a chain is a step, printed as a command that passes the result on") {
    const Plan plan = planned(request_for(file().dump()));
    CHECK(std::holds_alternative<ops::RaiseLoopback>(plan.own.front().operation));
    const auto plugins = plugins_of(plan);
    REQUIRE(plugins.size() == 2);
    CHECK(describe(plugins[0]).apply.at(0) ==
          "result=$(printf %s '{\"cniVersion\":\"1.0.0\",\"ipam\":{\"type\":\"host-local\"},"
          "\"name\":\"pods\",\"type\":\"ptp\"}' | CNI_COMMAND=ADD CNI_CONTAINERID=c1 "
          "CNI_IFNAME=eth0 CNI_NETNS=/proc/$PID/ns/net "
          "CNI_PATH=/opt/cni/bin:/usr/lib/cni:/usr/libexec/cni /usr/lib/cni/ptp)");
    CHECK(describe(plugins[1]).apply.at(0) ==
          "result=$(printf '%s,\"prevResult\":%s}' "
          "'{\"cniVersion\":\"1.0.0\",\"name\":\"pods\",\"type\":\"portmap\"' \"$result\" | "
          "CNI_COMMAND=ADD CNI_CONTAINERID=c1 CNI_IFNAME=eth0 CNI_NETNS=/proc/$PID/ns/net "
          "CNI_PATH=/opt/cni/bin:/usr/lib/cni:/usr/libexec/cni /opt/cni/bin/portmap)");
    CHECK_THAT(describe(plugins[0]).undo.at(0), contains("\"$result\" | CNI_COMMAND=DEL"));
}

TEST_CASE("a plugin is asked what its version of the specification has") {
    const auto flags = [](const std::string& version) {
        const auto plugins = plugins_of(planned(request_for(file(version).dump())));
        return std::pair(plugins[1].has_check, plugins[1].has_status);
    };
    CHECK(flags("0.3.1") == std::pair(false, false));
    CHECK(flags("0.4.0") == std::pair(true, false));
    CHECK(flags("1.1.0") == std::pair(true, true));
    json unchecked = file();
    unchecked["conflist"]["disableCheck"] = true;
    CHECK_FALSE(plugins_of(planned(request_for(unchecked.dump())))[0].has_check);
}

TEST_CASE("a plugin gets of the request what it says that it takes, and no more") {
    const Plan plan = planned(request_for(file().dump(), "ip=10.7.0.7,mac=02:00:00:00:00:07",
                                          "8080-8081:80-81,127.0.0.1:53:53/udp"));
    const auto plugins = plugins_of(plan);
    CHECK(json::parse(plugins[0].config)["runtimeConfig"] ==
          json{{"ips", {"10.7.0.7"}}, {"mac", "02:00:00:00:00:07"}});
    CHECK(json::parse(plugins[1].config)["runtimeConfig"] ==
          json{{"portMappings",
                {{{"hostPort", 8080}, {"containerPort", 80}, {"protocol", "tcp"}},
                 {{"hostPort", 8081}, {"containerPort", 81}, {"protocol", "tcp"}},
                 {{"hostPort", 53},
                  {"containerPort", 53},
                  {"protocol", "udp"},
                  {"hostIP", "127.0.0.1"}}}}});
    // No network of ours publishes them a second time.
    CHECK(plan.shared.size() == 2);
    CHECK(std::holds_alternative<ops::TakePorts>(plan.shared.front().operation));
}

TEST_CASE("what no plugin takes is an error") {
    json file_without = file();
    for (auto& plugin : file_without["conflist"]["plugins"]) {
        plugin.erase("capabilities");
    }
    const std::string text = file_without.dump();
    CHECK(refusal(request_for(text, "", "8080:80")) ==
          "network \"web\" (cni): io.ocinet.publish means nothing here: no plugin of it takes "
          "portMappings");
    CHECK_THAT(refusal(request_for(text, "ip=10.7.0.7")), contains("ip= means nothing here"));
    CHECK_THAT(refusal(request_for(text, "mac=02:00:00:00:00:07")),
               contains("mac= means nothing here"));
    CHECK_THAT(refusal(request_for(text, "host_interface_name=x")),
               contains("host_interface_name= means nothing here"));
}

TEST_CASE("an id that CNI plugins would refuse is refused before") {
    for (const char* id : {"a+b", "a,b", ".a", "-a", "_a"}) {
        Request request = request_for(file().dump());
        request.container_id = id;
        CHECK_THAT(refusal(request), contains("is no container's id to CNI plugins"));
    }
}

TEST_CASE("a plugin that is not there is named before anything is touched") {
    HostView found = view();
    found.plugins[1].clear();
    CHECK(refusal(request_for(file().dump()), found) ==
          "network \"web\" (cni): there is no plugin portmap");
}

} // namespace ocinet::test
