// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "netsetup/base/fd.h"
#include "netsetup/state/directory.h"

/// The socket of ocinet-agent, by which it is told what to do: /run/ocinet/agent.sock (packets.h).
/// Its requests are
///     {"start": {"name": NAME, "command": [PROGRAM, ARGUMENT, …]}}
///     {"stop": {"name": NAME}}
/// `stop` is answered once the program has ended.
namespace ocinet::agent {

/// Asks and waits. False when no agent runs; throws Error with what it says is wrong.
bool ask(const nlohmann::json& request);

/// Where the agent remembers what it keeps running, for the next agent to go on with: a file
/// NAME.json each in /run/ocinet-agent. Not below /run/ocinet: the hook may write there when it is
/// confined, and these are commands. Nothing where no agent has been.
std::optional<state::Directory> memory();
/// Makes it where it is missing.
state::Directory make_memory();
std::string helper_file(const std::string& name);

/// The agent's end. Throws Error.
Fd listen();

} // namespace ocinet::agent
