// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/base/text.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace ocinet {

std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t least,
                                          std::uint64_t most) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
        return std::nullopt;
    }
    return value;
}

std::optional<bool> parse_bool(std::string_view text) {
    for (const bool value : {true, false}) {
        for (const std::string_view word :
             value ? std::array{"true", "True", "TRUE", "t", "T", "1"}
                   : std::array{"false", "False", "FALSE", "f", "F", "0"}) {
            if (text == word) {
                return value;
            }
        }
    }
    return std::nullopt;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    std::size_t begin = 0;
    for (std::size_t end = text.find(separator); end != std::string_view::npos;
         end = text.find(separator, begin)) {
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    parts.push_back(text.substr(begin));
    return parts;
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') {
            c = char(c - 'A' + 'a');
        }
    }
    return lower;
}

std::string_view trim(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
    std::string text;
    for (const auto& part : parts) {
        text += (&part == parts.data() ? "" : std::string(separator)) + part;
    }
    return text;
}

std::string printable(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = std::uint8_t(text[i]);
        const auto next = std::uint8_t(i + 1 < text.size() ? text[i + 1] : 0);
        const auto last = std::uint8_t(i > 0 ? text[i - 1] : 0);
        // U+0080 to U+009F: UTF-8's own control characters.
        const bool is_second = last == 0xc2 && byte >= 0x80 && byte < 0xa0;
        const bool is_first = byte == 0xc2 && next >= 0x80 && next < 0xa0;
        if (byte < 0x20 || byte == 0x7f || is_first || is_second) {
            std::array<char, 8> escaped{};
            std::snprintf(escaped.data(), escaped.size(), "\\x%02x", unsigned(byte));
            result += escaped.data();
        } else {
            result += text[i];
        }
    }
    return result;
}

std::string shell_word(std::string_view text) {
    const char* safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%_+=:,./-";
    if (!text.empty() && text.find_first_not_of(safe) == std::string_view::npos) {
        return std::string(text);
    }
    std::string quoted = "'";
    for (const char c : text) {
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return quoted + "'";
}

} // namespace ocinet
