// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace ocinet {

/// More levels of arrays and objects than there are in any file that we read. What copies or prints
/// a value calls itself at each level, and a file of brackets has more levels than a stack has
/// room.
inline constexpr int most_json_levels = 100;
bool is_too_deep(std::string_view text);

/// What others say and nobody vouches for; null where it is no JSON object.
nlohmann::json parse_object(std::string_view text);

/// A member of an object of theirs; empty where it is missing or no text.
std::string text_in(const nlohmann::json& object, const char* key);

} // namespace ocinet
