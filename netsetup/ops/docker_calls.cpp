// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/docker_calls.h"

#include "netsetup/base/log.h"
#include "netsetup/state/results.h"

namespace ocinet::ops {

using nlohmann::json;

namespace {

// What one call may take behind the deadline is for the way back.
std::chrono::milliseconds patience_before(const Deadline& deadline) {
    if (deadline.has_passed()) {
        throw Error("the deadline has passed");
    }
    return plugin_patience(deadline);
}

} // namespace

std::vector<std::string> docker_words(const docker_plugin::Plugin& plugin,
                                      const std::optional<docker_plugin::Plugin>& ipam) {
    std::vector<std::string> words{word_of(plugin)};
    if (ipam) {
        words.push_back(word_of(*ipam));
    }
    return words;
}

json docker_call(const docker_plugin::Plugin& plugin, const std::string& method, const json& body,
                 Context& context) {
    return docker_plugin::call(required(context.plugins), plugin, method, body,
                               patience_before(context.deadline));
}

json docker_lease(const docker_plugin::Plugin& plugin, const std::string& method, const json& body,
                  Context& context) {
    return docker_plugin::call(required(context.plugins), plugin, method, body,
                               patience_before(context.deadline), true);
}

void docker_end(const docker_plugin::Plugin& plugin, const std::string& method, const json& body,
                bool was_there, Context& context) {
    try {
        docker_plugin::call(required(context.plugins), plugin, method, body,
                            plugin_patience(context.deadline));
    } catch (const docker_plugin::Refused& refused) {
        if (was_there) {
            log::warning(refused.message());
        } else {
            log::debug(refused.message());
        }
    }
}

void docker_release(const docker_plugin::Plugin& plugin, const std::string& method,
                    const json& body, Context& context) {
    const auto last = kept_answer(plugin, context);
    if (last && last->method == method && last->body == body) {
        return;
    }
    try {
        docker_plugin::call(required(context.plugins), plugin, method, body,
                            plugin_patience(context.deadline), true);
    } catch (const docker_plugin::Refused& refused) {
        log::warning(refused.message());
    }
}

// One that is damaged tells nothing.
std::optional<docker_plugin::Kept> kept_answer(const docker_plugin::Plugin& plugin,
                                               Context& context) {
    const auto text = state::read_result(context.state, context.container_id, state::kept_answer);
    if (!text) {
        return std::nullopt;
    }
    try {
        auto kept = parse_kept<docker_plugin::Kept>(*text, "the container");
        return kept.plugin == word_of(plugin) ? std::optional(std::move(kept)) : std::nullopt;
    } catch (const Error& error) {
        log::warning(error.message());
        return std::nullopt;
    }
}

void forget_kept_answer(Context& context) {
    state::remove_result(context.state, context.container_id, state::kept_answer);
}

std::string address_text(const std::string& text) {
    return text.substr(0, text.find('/'));
}

} // namespace ocinet::ops
