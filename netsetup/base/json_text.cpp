// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/base/json_text.h"

#include <nlohmann/json.hpp>

namespace ocinet {

// Of a text that is no JSON it does not matter what this says. nlohmann's own count of levels,
// which its parser tells to a callback, would cost a quarter of the parser's time.
bool is_too_deep(std::string_view text) {
    int level = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size() && level <= most_json_levels; ++i) {
        const char c = text[i];
        if (c == '"') {
            in_string = !in_string;
        } else if (in_string) {
            i += c == '\\' ? 1 : 0;
        } else if (c == '[' || c == '{') {
            ++level;
        } else if (c == ']' || c == '}') {
            --level;
        }
    }
    return level > most_json_levels;
}

nlohmann::json parse_object(std::string_view text) {
    if (is_too_deep(text)) {
        return nullptr;
    }
    auto json = nlohmann::json::parse(text, nullptr, false);
    return json.is_object() ? std::move(json) : nlohmann::json();
}

std::string text_in(const nlohmann::json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

} // namespace ocinet
