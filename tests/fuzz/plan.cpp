// SPDX-License-Identifier: GPL-2.0-or-later
// A plan, as the journal holds it, and the keys of the elements in it.
#include "netsetup/plan.h"

#include "netsetup/nft_key.h"
#include "tests/fuzz/oracle.h"
#include "tests/fuzz/planned.h"
#include "tests/fuzz/targets.h"

namespace ocinet::fuzz {

namespace {

// Damage is told as record.cpp tells it.
Plan read_plan(const std::string& input) {
    try {
        return nlohmann::json::parse(input).get<Plan>();
    } catch (const nlohmann::json::exception& error) {
        throw Error(error.what());
    }
}

// As an undo does, before it asks the kernel.
template <typename Op>
void encode_elements(const Op& op) {
    if constexpr (requires { op.elements; }) {
        for (const auto& element : op.elements) {
            accepted([&] { return nft::encode(element); });
        }
    }
}

} // namespace

void fuzz_plan(const std::string& input) {
    const auto plan = accepted([&] { return read_plan(input); });
    if (!plan) {
        return;
    }
    accepted([&] { return check_plan(*plan), true; });
    for (const auto* steps : {&plan->shared, &plan->own}) {
        for (const auto& step : *steps) {
            std::visit([](const auto& op) { encode_elements(op); }, step.operation);
        }
    }
}

} // namespace ocinet::fuzz
