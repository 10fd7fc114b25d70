// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/base/error.h"

#include <cerrno>
#include <cstring>

namespace ocinet {

Error& Error::in(std::string_view context) {
    message_.insert(0, std::string(context) + ": ");
    return *this;
}

Error& Error::hint(std::string_view text) {
    if (hint_.empty()) {
        hint_ = text;
    }
    return *this;
}

std::string errno_text(int error) {
    const char* text = strerrordesc_np(error);
    const char* name = strerrorname_np(error);
    return std::string(text ? text : "Unknown error") + " (" +
           (name ? name : std::to_string(error)) + ")";
}

Error system_error(int error, std::string_view context) {
    return Error(std::string(context) + ": " + errno_text(error));
}

void throw_errno(std::string_view context) {
    throw system_error(errno, context);
}

} // namespace ocinet
