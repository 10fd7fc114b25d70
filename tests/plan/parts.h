// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/plan/twin.h"

namespace ocinet::test {

inline nlohmann::json web(const nlohmann::json& more = nlohmann::json::object()) {
    nlohmann::json network = {{"driver", "bridge"}, {"subnets", {{{"subnet", "10.7.0.0/24"}}}}};
    network.update(more);
    return network;
}

inline nlohmann::json web_subnet(const nlohmann::json& subnet) {
    return web({{"subnets", {subnet}}});
}

inline Annotations network(const std::string& value) {
    return {{"io.ocinet.network", value}};
}

inline Annotations publish(const std::string& value) {
    return {{"io.ocinet.publish", value}};
}

std::vector<PlanCase> cases_of_macvlan();
std::vector<PlanCase> cases_of_overlay();
std::vector<PlanCase> cases_of_docker();

} // namespace ocinet::test
