// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/base/utc.h"

#include <array>

#include "netsetup/base/error.h"

namespace ocinet {

std::string utc_text(std::time_t time) {
    std::array<char, sizeof "2026-11-25T02:08:43Z"> text{};
    tm utc{};
    if (!::gmtime_r(&time, &utc) ||
        std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc) == 0) {
        throw Error("a time that no calendar knows");
    }
    return text.data();
}

} // namespace ocinet
