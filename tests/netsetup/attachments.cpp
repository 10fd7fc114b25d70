// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/attachments.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

namespace ocinet {

namespace {

using nlohmann::json;
using Texts = std::vector<std::string>;

Attached with(const std::string& result) {
    Attached attached{.interface = "eth0", .addresses = {"10.7.0.5/24"}};
    add_result(attached, result);
    return attached;
}

} // namespace

TEST_CASE("a CNI plugin's result tells what its container's interface has") {
    const json result{
        {"cniVersion", "1.0.0"},
        {"interfaces",
         {{{"name", "cni0"}, {"mac", "02:00:00:00:00:01"}},
          {{"name", "eth0"}, {"mac", "02:00:00:00:00:02"}, {"sandbox", ""}},
          {{"name", "eth0"}, {"mac", "02:00:00:00:00:03"}, {"sandbox", "/proc/7/ns/net"}},
          {{"name", "eth1"}, {"mac", "02:00:00:00:00:04"}, {"sandbox", "/proc/7/ns/net"}}}},
        {"ips",
         {{{"address", "10.7.0.9/24"}, {"gateway", "10.7.0.1"}},
          {{"address", "fd07::9/64"}, {"gateway", "fd07::1"}}}},
        {"routes", {{{"dst", "0.0.0.0/0"}}, {{"dst", "fd08::/64"}}}}};
    const Attached attached = with(result.dump());
    CHECK(attached.mac == "02:00:00:00:00:03");
    CHECK(attached.addresses == Texts{"10.7.0.5/24", "10.7.0.9/24", "fd07::9/64"});
    CHECK(attached.gateways == Texts{"10.7.0.1"}); // no default route leads by the other
}

TEST_CASE("a netavark plugin's status block tells what its container's interface has") {
    const json status{
        {"interfaces",
         {{"eth0",
           {{"mac_address", "02:00:00:00:00:03"},
            {"subnets",
             {{{"ipnet", "10.7.0.5/24"}, {"gateway", "10.7.0.1"}}, {{"ipnet", "fd07::5/64"}}}}}},
          {"eth1", {{"mac_address", "02:00:00:00:00:04"}}}}}};
    const Attached attached = with(status.dump());
    CHECK(attached.mac == "02:00:00:00:00:03");
    CHECK(attached.addresses == Texts{"10.7.0.5/24", "fd07::5/64"});
    CHECK(attached.gateways == Texts{"10.7.0.1"});
}

TEST_CASE("what a plugin says and nobody understands is left out") {
    const std::string text = GENERATE(
        as<std::string>(), "", "{", "[]", "7", "{}", R"({"interfaces": 7, "ips": {}, "routes": 0})",
        R"({"interfaces": [7, {"name": 7, "mac": [], "sandbox": {}}], "ips": ["x", {"address": 1}]})",
        R"({"ips": [{"address": "10.7.0.900/24", "gateway": 4}], "routes": [{"dst": "x"}, null]})",
        R"({"interfaces": {"eth0": 7}})",
        R"({"interfaces": {"eth0": {"mac_address": 7, "subnets": {}}}})",
        R"({"interfaces": {"eth1": {"mac_address": "02:00:00:00:00:03"}}})",
        "{\"a\":" + std::string(100000, '['));
    const Attached attached = with(text);
    CHECK(attached.mac.empty());
    CHECK(attached.gateways.empty());
    CHECK(attached.addresses.size() <= 1);
}

} // namespace ocinet
