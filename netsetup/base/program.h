// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "netsetup/base/deadline.h"

namespace ocinet {

/// As exec(3) wants them: the words' own characters, with a null behind them.
std::vector<char*> argument_list(std::vector<std::string>& words);

/// Opens /dev/null as each of 0, 1 and 2 that whoever started us has left closed: else a file or
/// socket of ours there would get our messages. `flags` as open(2) has them, O_CLOEXEC or none.
void fill_standard_descriptors(int flags = 0);

struct Ended {
    int status = 0;
    /// On stdout and stderr.
    std::string said;
};

/// In the first of the directories that has it; nothing when none has.
std::optional<std::string> find_executable(const std::string& name,
                                           const std::vector<std::string_view>& directories);

/// Where a program of the system's is: in /usr/sbin, /usr/bin, /sbin, /bin alone. Nothing when it
/// is in none of them.
std::optional<std::string> installed_program(const std::string& name);
/// The same; throws Error when it is in none.
std::string find_program(const std::string& name);

/// Runs a program of the system's, with nothing but these directories as PATH in its environment,
/// and nothing to read. One that a signal ends has the status 128 + signal. Throws Error when it is
/// not there, and when it has not ended by the deadline: then it is killed.
Ended run_program(const std::vector<std::string>& words,
                  const Deadline& deadline = Deadline::never());

} // namespace ocinet
