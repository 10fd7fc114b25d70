// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/container.h"
#include "tests/support/host.h"

// What the tests of the command line ask again and again.
namespace ocinet::test {

/// `ocinet ARGUMENTS` on the host, words of a shell.
Result ocinet(const Host& host, const std::string& arguments);

/// Its stdout, which must be JSON; throws Error when the status is another one.
nlohmann::json ocinet_json(const Host& host, const std::string& arguments, int status = 0);

/// The one with this value of `key`; throws Error when there is not exactly one.
nlohmann::json only_with(const nlohmann::json& list, const std::string& key,
                         const std::string& value);

/// A host that forwards both families already: then nothing of ours stays on it.
void make_router(const Host& host);

/// Waits until the process waits for a lock (/proc/locks, `->`).
void wait_until_it_waits_for_a_lock(const Process& process);

/// Holds the lock of that name of state/locks.h, "host" or "network web", as long as it lives.
Process hold_lock(const Host& host, const std::string& name);

} // namespace ocinet::test
