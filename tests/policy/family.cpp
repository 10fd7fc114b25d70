// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/policy/family.h"

#include <sys/socket.h>

#include <regex>

#include "netsetup/base/text.h"

namespace ocinet::test {

namespace {

// "10.90.0.12" -> "fd00:90:0::12", as layout.h says.
std::string in_ipv6(const std::string& v4) {
    const auto parts = split(v4, '.');
    const std::string last(parts[3]);
    const std::string start = v4.substr(0, v4.rfind('.'));
    if (start == "127.0.0") {
        return "::1";
    }
    if (start == "192.0.2" || start == "198.51.100" || start == "203.0.113") {
        return std::string("2001:db8:") +
               (start == "192.0.2"      ? "1"
                : start == "198.51.100" ? "2"
                                        : "3") +
               "::" + last;
    }
    // fd00:90::12 is how the kernel, too, writes fd00:90:0::12.
    const std::string third = parts[2] == "0" ? "" : ":" + std::string(parts[2]);
    return "fd00:" + std::string(parts[1]) + third + "::" + last;
}

} // namespace

std::string in_family(const std::string& text, int family) {
    if (family == AF_INET) {
        return text;
    }
    static const std::regex address(R"((\d+\.\d+\.\d+\.\d+)(:?))");
    std::string result;
    auto rest = text.begin();
    for (std::sregex_iterator at(text.begin(), text.end(), address), end; at != end; ++at) {
        result.append(rest, (*at)[0].first);
        const std::string twin = in_ipv6((*at)[1]);
        result += (*at)[2].length() != 0 ? "[" + twin + "]:" : twin;
        rest = (*at)[0].second;
    }
    return result.append(rest, text.end());
}

} // namespace ocinet::test
