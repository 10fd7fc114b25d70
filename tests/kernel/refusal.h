// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/kernel/scene.h"

namespace ocinet::test {

/// Something that createRuntime must refuse with a clear message, and nothing changed.
struct Refusal {
    std::string title;
    // What stderr must say.
    std::string said;
    Annotations annotations = on_bridge;
    // Of the network "web".
    std::optional<std::string> network_file = {};
    // Changes the state, or puts any text in its place.
    std::function<std::string(const nlohmann::json&)> change = [](const nlohmann::json& state) {
        return state.dump();
    };
};

/// One host for all: each case must leave it as it was.
void check_refusals(const std::vector<Refusal>& all);

} // namespace ocinet::test
