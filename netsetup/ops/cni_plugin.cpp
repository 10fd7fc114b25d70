// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/cni_plugin.h"

#include <nlohmann/json.hpp>

#include "netsetup/base/json_text.h"
#include "netsetup/base/log.h"
#include "netsetup/base/text.h"
#include "netsetup/cni.h"
#include "netsetup/json.h"
#include "netsetup/state/results.h"

namespace ocinet::ops {

OCINET_JSON(CniPlugin, container, interface, program, config, first, has_status, has_check)

namespace {

using nlohmann::json;

cni::Call call_of(const CniPlugin& op, const std::string& command, const std::string& netns) {
    cni::Call call{.program = op.program, .command = command, .config = op.config};
    if (command != "STATUS") {
        call.container = op.container;
        call.netns = netns;
        call.interface = op.interface;
    }
    return call;
}

std::string run(cni::Call call, const std::optional<json>& earlier, Context& context) {
    if (earlier) {
        json config = json::parse(call.config);
        config["prevResult"] = *earlier;
        call.config = config.dump();
    }
    return cni::run(required(context.plugins), call, plugin_patience(context.deadline));
}

// Nothing where there is none, or none that can be passed on: a plugin may do without when it goes.
std::optional<json> earlier_result(const CniPlugin& op, Context& context) {
    const auto text = state::read_result(context.state, op.container, op.interface);
    if (!text) {
        return std::nullopt;
    }
    auto result = parse_object(*text);
    if (result.is_null()) {
        log::warning("what plugins said of " + op.interface + " of container " + op.container +
                     " is damaged");
        return std::nullopt;
    }
    return result;
}

// As a word of a shell's command: the configuration, with what the plugins before said.
std::string printed_input(const CniPlugin& op, bool with_result) {
    if (!with_result) {
        return "printf %s " + shell_word(op.config);
    }
    std::string open = op.config;
    open.pop_back(); // the closing brace, which comes behind the new member
    return "printf '%s,\"prevResult\":%s}' " + shell_word(open) + " \"$result\"";
}

std::string printed_call(const CniPlugin& op, const std::string& command, bool with_result) {
    std::string words = printed_input(op, with_result) + " |";
    for (const auto& [key, value] : cni::environment(call_of(op, command, "/proc/$PID/ns/net"))) {
        words += " " + key + "=" + (key == "CNI_NETNS" ? value : shell_word(value));
    }
    return words + " " + shell_word(op.program);
}

} // namespace

Description describe(const CniPlugin& op) {
    return {{"result=$(" + printed_call(op, "ADD", !op.first) + ")"},
            {printed_call(op, "DEL", true)}};
}

// Within the container only for refuse_taken_interfaces().
Needs needs(const CniPlugin& op) {
    return {.container = true, .plugins = {op.program}};
}

void apply(const CniPlugin& op, Context& context) {
    if (op.has_status) {
        run(call_of(op, "STATUS", ""), std::nullopt, context);
        if (context.deadline.has_passed()) {
            throw Error("the deadline has passed");
        }
    }
    const auto earlier = op.first ? std::nullopt : earlier_result(op, context);
    const std::string said = run(call_of(op, "ADD", context.netns_path), earlier, context);
    const json result = parse_object(said);
    if (result.is_null()) {
        throw Error(plugin_text(op.program) +
                    ", ADD: what it says is no result: " + printable(trim(said)));
    }
    state::write_result(context.state, op.container, op.interface, result.dump());
}

void undo(const CniPlugin& op, Context& context, Undo) {
    run(call_of(op, "DEL", required(context.plugins).netns_path()), earlier_result(op, context),
        context);
    if (op.first) {
        state::remove_result(context.state, op.container, op.interface);
    }
}

// What a plugin leaves is for it to say, by failing.
std::vector<std::string> remains(const CniPlugin&, Context&) {
    return {};
}

std::vector<std::string> check(const CniPlugin& op, Context& context) {
    const auto result = earlier_result(op, context);
    if (!result) {
        return {"what " + plugin_text(op.program) + " said of " + op.interface + " is missing"};
    }
    if (!op.has_check) {
        return {};
    }
    try {
        run(call_of(op, "CHECK", context.netns_path), result, context);
        return {};
    } catch (const Error& error) {
        return {error.message()};
    }
}

} // namespace ocinet::ops
