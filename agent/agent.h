// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netsetup/state/directory.h"

namespace ocinet::agent {

/// Answers at the agent's socket (netsetup/agent_socket.h) and keeps its programs running, until
/// SIGTERM or SIGINT, which leaves them running for the next agent. Throws Error.
void serve(const state::Directory& directory);

} // namespace ocinet::agent
