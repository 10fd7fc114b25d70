// SPDX-License-Identifier: GPL-2.0-or-later
// A container's state, as a runtime writes it to the hook's stdin.
#include "oci-config/state.h"

#include <nlohmann/json.hpp>

#include "tests/fuzz/oracle.h"
#include "tests/fuzz/targets.h"

namespace ocinet::fuzz {

namespace {

std::string text_of(const oci::State& state) {
    return nlohmann::json{{"id", state.id},
                          {"status", state.status},
                          {"pid", state.pid},
                          {"bundle", state.bundle},
                          {"annotations", state.annotations}}
        .dump();
}

} // namespace

void fuzz_state(const std::string& input) {
    using enum oci::Stage;
    for (const auto stage : {create_runtime, poststop}) {
        const auto state = accepted([&] { return oci::parse_state(input, stage); });
        if (state) {
            require(!state->id.empty(), "a container has an id");
            require(state->pid >= (stage == poststop ? 0 : 1), "a process has an id");
            require(stage == poststop || state->bundle.front() == '/',
                    "a bundle's path is absolute");
            const auto text = text_of(*state);
            require(text_of(oci::parse_state(text, stage)) == text,
                    "a state reads as it is written");
        }
    }
}

} // namespace ocinet::fuzz
