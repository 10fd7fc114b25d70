// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include "netsetup/base/error.h"

namespace ocinet::fuzz {

/// A promise that was not kept. Not an Error: those are how text is refused.
inline void require(bool holds, const std::string& promise) {
    if (!holds) {
        throw std::logic_error("broken promise: " + promise);
    }
}

/// What was made of the input; nothing where it was refused as it should be, with an Error that
/// says why. Any other exception passes through.
template <typename Read>
auto accepted(Read read) -> std::optional<decltype(read())> {
    try {
        return read();
    } catch (const Error& error) {
        require(!error.message().empty(), "who refuses says why");
        return std::nullopt;
    }
}

} // namespace ocinet::fuzz
