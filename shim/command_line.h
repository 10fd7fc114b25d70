// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

/// The command lines of runc and crun, as far as the wrapper must understand them. runc reads its
/// options as Go's package flag does (-name, --name, =VALUE or a word of its own), crun as
/// getopt_long(3) does (names that are cut short, -bVALUE); what only one of them understands is
/// read as that one does.
namespace ocinet::shim {

struct CommandLine {
    /// `create`, `run`, …; empty when there is none.
    std::string command;
    /// Of the container, as far as one was given.
    std::string id;
    /// --bundle; nothing means the working directory.
    std::optional<std::string> bundle;
    /// crun's --config: the file in place of the bundle's config.json.
    std::optional<std::string> config;
    /// The global --log, --log-format and --root.
    std::string log;
    std::string log_format;
    std::string root;
    /// Behind the command.
    std::vector<std::string> words;

    /// Whether it makes a container from a config.json: create, run, restore.
    bool makes_container() const;
};

/// Of the words behind argv[0]. What is not understood is the runtime's to complain of.
CommandLine parse_command_line(const std::vector<std::string>& words);

} // namespace ocinet::shim
