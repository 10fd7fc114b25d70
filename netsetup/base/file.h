// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "netsetup/base/fd.h"

namespace ocinet {

/// The bytes of a stream until its end, `limit` at most; Error when there are more.
std::string read_all(int fd, std::size_t limit, std::string_view name);

/// A regular file's text, `limit` bytes at most; nothing when it does not exist. A symlink, FIFO or
/// device in its place is an Error: none of them is ever followed or waited for.
std::optional<std::string> read_file(const std::string& path, std::size_t limit);
/// The same below `directory`.
std::optional<std::string> read_file(int directory, const std::string& path, std::size_t limit);

/// A short virtual file (/proc, /sys) below `directory`, trailing newline removed.
/// Nothing when it does not exist.
std::optional<std::string> read_setting(int directory, const std::string& path);

/// Writes `value` to an existing virtual file below `directory`; throws Error.
void write_setting(int directory, const std::string& path, std::string_view value);

/// Writes all of `text` at the descriptor's position; throws Error naming `name`.
void write_all(int fd, std::string_view text, std::string_view name);

/// Replaces `name` in `directory` as a whole: a reader or a crash sees the old text or the new one.
void replace_file(int directory, const std::string& name, std::string_view text, mode_t mode);

} // namespace ocinet
