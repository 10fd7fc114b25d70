// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/planned.h"

#include "drivers/requests.h"
#include "tests/fuzz/oracle.h"

namespace ocinet::fuzz {

namespace {

// Gives whatever is asked for: what is chosen for the container, each the first one.
HostView look(const HostQuery& query) {
    HostView view;
    for (const auto& wanted : query.addresses) {
        view.addresses.push_back(wanted.fixed.value_or(wanted.range.last));
    }
    for (const auto& port : query.ports) {
        const auto claimed = port.claims.front().first;
        view.ports.push_back(claimed != 0 ? claimed : 61000);
    }
    for (const auto& plugin : query.plugins) {
        view.plugins.push_back("/opt/cni/bin/" + plugin);
    }
    for (const auto& plugin : query.docker_plugins) {
        view.docker_plugins.push_back(
            docker_plugin::Plugin{plugin, "/usr/bin/curl", {"--insecure"}, "https://[::1]:7000"});
    }
    if (query.underlay) {
        view.underlay = {.name = "eth0", .mtu = 1500};
    }
    view.interfaces = {{.name = "lo"}, {.name = "eth0"}};
    return view;
}

} // namespace

namespace {

// Of the first overlay among them one that it names.
std::string own_name(const std::vector<oci::Network>& networks) {
    for (const auto& network : networks) {
        if (network.overlay) {
            return network.overlay->hosts.front().name;
        }
    }
    return "";
}

} // namespace

Plan planned(const oci::Bundle& bundle, const oci::ContainerRequest& wanted,
             const std::vector<oci::Network>& networks) {
    const drivers::ContainerFacts facts{.id = "c1",
                                        .bundle = bundle,
                                        .in_host_network =
                                            bundle.network == oci::Bundle::Network::host,
                                        .host_name = own_name(networks),
                                        .policy_file = "/policy.nft",
                                        .seed = 1};
    return drivers::plan_all(drivers::requests_for(facts, wanted, networks), look).plan;
}

void check_plan(const Plan& plan) {
    const nlohmann::json written = plan;
    const auto text = written.dump();
    require(nlohmann::json(nlohmann::json::parse(text).get<Plan>()) == written,
            "a plan comes back from the journal as it went in");
    needs(plan);
    for (const auto* steps : {&plan.shared, &plan.own}) {
        for (const auto& step : *steps) {
            const auto description = describe(step.operation);
            require(!description.apply.empty(), "an operation says what it does");
        }
    }
}

} // namespace ocinet::fuzz
