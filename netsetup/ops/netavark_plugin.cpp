// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/netavark_plugin.h"

#include <nlohmann/json.hpp>

#include "netsetup/base/json_text.h"
#include "netsetup/base/text.h"
#include "netsetup/json.h"
#include "netsetup/state/results.h"

namespace ocinet::ops {

OCINET_JSON(NetavarkPlugin, container, interface, program, input)

namespace {

using nlohmann::json;

// {"error": "…"}; or whatever it said.
Error failure(const NetavarkPlugin& op, const std::string& command, const Plugins::Answer& answer) {
    const std::string who = plugin_text(op.program) + ", " + command + ": ";
    const json said = parse_object(answer.out);
    if (!said.is_null() && said.contains("error") && said["error"].is_string()) {
        return Error(who + printable(said["error"].get<std::string>()));
    }
    return Error(who + failure_text(answer));
}

std::string run(const NetavarkPlugin& op, const std::string& command, const std::string& netns,
                Context& context) {
    auto answer =
        required(context.plugins)
            .run({.program = op.program, .arguments = {command, netns}, .input = op.input},
                 plugin_patience(context.deadline));
    if (answer.status != 0) {
        throw failure(op, command, answer);
    }
    return std::move(answer.out);
}

std::string printed_call(const NetavarkPlugin& op, const std::string& command) {
    return "printf %s " + shell_word(op.input) + " | " + shell_word(op.program) + " " + command +
           " /proc/$PID/ns/net";
}

} // namespace

Description describe(const NetavarkPlugin& op) {
    return {{printed_call(op, "setup")}, {printed_call(op, "teardown")}};
}

// Within the container only for refuse_taken_interfaces().
Needs needs(const NetavarkPlugin& op) {
    return {.container = true, .plugins = {op.program}};
}

void apply(const NetavarkPlugin& op, Context& context) {
    const std::string said = run(op, "setup", context.netns_path, context);
    const json status = parse_object(said);
    if (status.is_null()) {
        throw Error(plugin_text(op.program) +
                    ", setup: what it says is no status block: " + printable(trim(said)));
    }
    state::write_result(context.state, op.container, op.interface, status.dump());
}

void undo(const NetavarkPlugin& op, Context& context, Undo) {
    run(op, "teardown", required(context.plugins).netns_path(), context);
    state::remove_result(context.state, op.container, op.interface);
}

// What a plugin leaves is for it to say, by failing.
std::vector<std::string> remains(const NetavarkPlugin&, Context&) {
    return {};
}

// The API has no call for it.
std::vector<std::string> check(const NetavarkPlugin& op, Context& context) {
    if (!state::read_result(context.state, op.container, op.interface)) {
        return {"what " + plugin_text(op.program) + " said of " + op.interface + " is missing"};
    }
    return {};
}

} // namespace ocinet::ops
