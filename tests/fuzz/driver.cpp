// SPDX-License-Identifier: GPL-2.0-or-later
// From a bundle's config.json to a plan: what a user can ask for goes all the way to the commands.
#include "oci-config/bundle.h"

#include "oci-config/network.h"
#include "tests/fuzz/oracle.h"
#include "tests/fuzz/planned.h"
#include "tests/fuzz/targets.h"

namespace ocinet::fuzz {

namespace {

constexpr const char* web = R"({"subnets": [{"subnet": "10.1.0.0/24"}, {"subnet": "fd01::/64"}],
    "routes": [{"destination": "10.9.0.0/16", "gateway": "10.1.0.7"}], "options": {"vlan": "7"}})";

oci::Network network_of(const std::string& name) {
    if (name == "web") {
        return oci::parse_network(web, name, "web.json");
    }
    auto built_in = oci::built_in_network(name);
    return built_in ? *built_in : throw Error("no such network");
}

Plan plan_of(const std::string& input) {
    const auto bundle = oci::parse_bundle(input, "/bundle");
    const auto wanted = oci::parse_request(bundle.annotations);
    if (!wanted) {
        return {};
    }
    std::vector<oci::Network> networks;
    for (const auto& attachment : wanted->attachments) {
        networks.push_back(network_of(attachment.network));
    }
    return planned(bundle, *wanted, networks);
}

} // namespace

void fuzz_driver(const std::string& input) {
    if (const auto plan = accepted([&] { return plan_of(input); })) {
        check_plan(*plan);
    }
}

} // namespace ocinet::fuzz
