// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string_view>

#include "netsetup/base/error.h"

/// Messages to stderr, and to syslog once open() was called. The level is the program's only
/// global state.
namespace ocinet::log {

enum class Level { debug, info, warning, error };
enum class Format { text, json };

std::optional<Level> parse_level(std::string_view name);
std::optional<Format> parse_format(std::string_view name);

/// Whether a message of this level would be seen: for messages that cost something to make.
bool shows(Level level);
void configure(Level level, Format format);

/// Connects to the host's /dev/log (RFC 3164), where there is one: later the process may not make
/// sockets.
void open_syslog();

void debug(std::string_view message);
void info(std::string_view message);
void warning(std::string_view message);
void warning(const Error& error);
/// `ocinet: message`, and `hint: …` on a line of its own; so does the warning.
void error(const Error& error);

} // namespace ocinet::log
