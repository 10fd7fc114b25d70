// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "netsetup/docker_plugin.h"
#include "netsetup/operation.h"

/// What the operations of Docker's plugins do alike. Calls throw Error for a plugin that does not
/// answer.
namespace ocinet::ops {

/// For Needs::plugins.
std::vector<std::string> docker_words(const docker_plugin::Plugin& plugin,
                                      const std::optional<docker_plugin::Plugin>& ipam);

/// Of the way there: as docker_plugin::call(), until the deadline, and not behind it.
nlohmann::json docker_call(const docker_plugin::Plugin& plugin, const std::string& method,
                           const nlohmann::json& body, Context& context);

/// The same for what gives: an address, a pool. Its answer outlives us.
nlohmann::json docker_lease(const docker_plugin::Plugin& plugin, const std::string& method,
                            const nlohmann::json& body, Context& context);

/// A call that ends something. The protocol cannot tell "there is none" from "I cannot": as with
/// Docker, a plugin that answers has been told, and what it says is logged; as a warning where it
/// was there.
void docker_end(const docker_plugin::Plugin& plugin, const std::string& method,
                const nlohmann::json& body, bool was_there, Context& context);

/// The same for what was given. Once, since by the next time it may be another's: not where the
/// last answer that nobody heard was to the same call.
void docker_release(const docker_plugin::Plugin& plugin, const std::string& method,
                    const nlohmann::json& body, Context& context);

/// The last answer that gave the container something of this plugin's, or took it back, if nobody
/// was there to hear it; nothing without one. On the way back behind another call: then none of the
/// container's is under way any more.
std::optional<docker_plugin::Kept> kept_answer(const docker_plugin::Plugin& plugin,
                                               Context& context);
/// It was heard.
void forget_kept_answer(Context& context);

/// Whether a container is on the network, or is making it, or taking it back.
bool has_docker_users(const state::Directory& directory, const std::string& network);

/// Of an address that may have its subnet's length behind it.
std::string address_text(const std::string& text);

/// An Error of the action's is of this printed command, or of one behind it.
template <typename Action>
auto at_command(int command, Action action) {
    try {
        return action();
    } catch (Error& error) {
        error.at(command + error.command());
        throw;
    }
}

/// What is kept of plugins' answers, as this type. Throws Error where it is damaged.
template <typename Value>
Value parse_kept(const std::string& text, const std::string& what) {
    try {
        return nlohmann::json::parse(text).get<Value>();
    } catch (const std::exception&) { // nlohmann's, or Error of a value in it
        throw Error("what plugins said of " + what + " is damaged");
    }
}

} // namespace ocinet::ops
