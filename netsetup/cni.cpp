// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/cni.h"

#include <nlohmann/json.hpp>

#include "netsetup/base/error.h"
#include "netsetup/base/json_text.h"
#include "netsetup/base/log.h"
#include "netsetup/base/plugin_path.h"
#include "netsetup/base/text.h"

namespace ocinet::cni {

namespace {

using nlohmann::json;

constexpr int incompatible_version = 1; // section 5, "Error"

// {"code": 11, "msg": "…", "details": "…"}; or whatever it said.
Error failure(const Call& call, const Plugins::Answer& answer) {
    const std::string who = plugin_text(call.program) + ", " + call.command + ": ";
    const json said = parse_object(answer.out);
    if (said.is_null() || text_in(said, "msg").empty()) {
        return Error(who + failure_text(answer));
    }
    const std::string details = text_in(said, "details");
    Error error(who + printable(text_in(said, "msg")) +
                (details.empty() ? "" : ": " + printable(details)));
    if (said.contains("code") && said["code"] == incompatible_version) {
        error.hint("another \"cniVersion\" in the list may suit all of its plugins");
    }
    return error;
}

} // namespace

std::map<std::string, std::string> environment(const Call& call) {
    std::map<std::string, std::string> variables{{"CNI_COMMAND", call.command},
                                                 {"CNI_PATH", paths::cni_plugins}};
    if (!call.container.empty()) {
        variables.emplace("CNI_CONTAINERID", call.container);
        variables.emplace("CNI_NETNS", call.netns);
        variables.emplace("CNI_IFNAME", call.interface);
    }
    return variables;
}

std::string run(Plugins& plugins, const Call& call, std::chrono::milliseconds patience) {
    auto answer = plugins.run(
        {.program = call.program, .environment = environment(call), .input = call.config},
        patience);
    if (answer.status != 0) {
        throw failure(call, answer);
    }
    if (!answer.err.empty()) {
        log::debug(plugin_text(call.program) + ": " + printable(answer.err));
    }
    return std::move(answer.out);
}

} // namespace ocinet::cni
