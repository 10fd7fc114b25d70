// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <cstdint>

#include "netsetup/confine.h"

/// The list in system_calls.def as data: for the program that makes filters of it while the product
/// is built, and for those who ask what is in it.
namespace ocinet {

struct SystemCall {
    const char* name;
    /// Of attach, detach and policy, each by its bit: 1 << int(Confined).
    unsigned who;
    /// Allowed only if (argument & mask) == value, where a text says what that means.
    unsigned argument;
    std::uint64_t mask;
    std::uint64_t value;
    const char* condition;

    bool is_for(Confined confined) const { return (who >> int(confined) & 1U) != 0; }
};

namespace callers {
inline constexpr unsigned attach = 1U << int(Confined::attach);
inline constexpr unsigned detach = 1U << int(Confined::detach);
inline constexpr unsigned policy = 1U << int(Confined::policy);
inline constexpr unsigned hook = attach | detach;
inline constexpr unsigned all = hook | policy;
} // namespace callers

inline constexpr auto system_calls = std::to_array<SystemCall>({
#define OCINET_CALL(name, who) {#name, callers::who, 0, 0, 0, nullptr},
#define OCINET_CALL_IF(name, who, argument, mask, value, text)                                     \
    {#name, callers::who, argument, mask, value, text},
#include "netsetup/confine/system_calls.def"
#undef OCINET_CALL
#undef OCINET_CALL_IF
});

} // namespace ocinet
