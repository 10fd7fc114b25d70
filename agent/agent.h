// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace ocinet::agent {

/// Answers at the agent's socket (netsetup/agent_socket.h) and keeps its programs running, until
/// SIGTERM or SIGINT, which leaves them running for the next agent. Throws Error.
void serve();

} // namespace ocinet::agent
