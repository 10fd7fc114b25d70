// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ocinet {

/// A whole decimal number between `least` and `most`; no sign, no spaces, nothing behind it.
std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t least,
                                          std::uint64_t most);

/// As Podman and Docker read it (strconv.ParseBool): true, True, TRUE, t, T, 1; and likewise false.
std::optional<bool> parse_bool(std::string_view text);

/// `a,b` split at ',': "a", "b". An empty text gives one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);

/// A to Z become a to z, whatever the locale.
std::string lower_case(std::string_view text);

std::string_view trim(std::string_view text);

/// The parts joined with `separator`.
std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// The text as one line, with \x0a for a newline, and the same for every control character: what
/// was said to us does not end a line of ours, nor tell a terminal to do things.
std::string printable(std::string_view text);

/// The text as one word of a POSIX shell: itself where that is safe, else in single quotes.
std::string shell_word(std::string_view text);

} // namespace ocinet
