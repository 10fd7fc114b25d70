// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/endpoints.h"

#include <algorithm>
#include <iterator>

#include "netsetup/json.h"
#include "netsetup/link.h"
#include "netsetup/ops/elements.h"

namespace ocinet::endpoints {

void to_json(nlohmann::json& json, const Endpoint& endpoint) {
    json = {{"mac", endpoint.mac}, {"host", endpoint.host}, {"addresses", endpoint.addresses}};
}
void from_json(const nlohmann::json& json, Endpoint& endpoint) {
    read_member(json, "mac", endpoint.mac);
    read_member(json, "host", endpoint.host);
    read_member(json, "addresses", endpoint.addresses);
}

} // namespace ocinet::endpoints

namespace ocinet::peers {

OCINET_JSON(Tunnel, network, port, vni)

} // namespace ocinet::peers

namespace ocinet::ops {

OCINET_JSON(KnowEndpoints, tunnel, vxlan, bridge, endpoints, in_use)

namespace {

std::vector<nft::Element> peers_of(const KnowEndpoints& op) {
    return peers::elements(op.tunnel, peers::hosts_of(op.endpoints));
}

} // namespace

Description describe(const KnowEndpoints& op) {
    Description description;
    for (const auto& endpoint : op.endpoints) {
        for (auto& command : endpoints::commands(endpoint, op.vxlan, op.bridge)) {
            description.apply.push_back(std::move(command));
        }
    }
    for (const auto& element : peers_of(op)) {
        description.apply.push_back(nft::add_command(element));
        description.undo.push_back((op.in_use ? "# with the last container: " : "") +
                                   nft::delete_command(element));
    }
    if (op.endpoints.empty()) {
        description.apply.emplace_back("# no other host has an endpoint");
    }
    description.undo.push_back("# what " + op.vxlan + " knows goes with it");
    return description;
}

Needs needs(const KnowEndpoints&) {
    return {};
}

void apply(const KnowEndpoints& op, Context& context) {
    endpoints::synchronise(context.route,
                           {.vxlan = link::required(context.route, op.vxlan).index,
                            .bridge = link::required(context.route, op.bridge).index},
                           op.endpoints);
    peers::synchronise(context.netfilter, op.tunnel, peers::hosts_of(op.endpoints));
}

void undo(const KnowEndpoints&, Context&, Undo) {}

std::vector<std::string> remains(const KnowEndpoints&, Context&) {
    return {};
}

std::vector<std::string> check(const KnowEndpoints& op, Context& context) {
    const auto vxlan = link::find(context.route, op.vxlan);
    const auto bridge = link::find(context.route, op.bridge);
    if (!vxlan || !bridge || vxlan->master != bridge->index) {
        return {}; // who makes them has said so
    }
    auto found = endpoints::differences(
        context.route, {.vxlan = vxlan->index, .bridge = bridge->index}, op.endpoints);
    std::ranges::move(missing_elements(peers_of(op), context.netfilter), std::back_inserter(found));
    return found;
}

} // namespace ocinet::ops
