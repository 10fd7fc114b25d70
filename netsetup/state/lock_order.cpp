// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/state/lock_order.h"

#include <array>

#ifndef NDEBUG
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#endif

namespace ocinet::state {

std::string LockName::text() const {
    constexpr std::array kinds{"netns",      "container", "plugin network", "network", "host",
                               "allowances", "dhcp",      "plugins",        "agent"};
    const std::string word = kinds.at(std::size_t(kind));
    return name.empty() ? word : word + " " + name;
}

#ifndef NDEBUG

namespace {

[[noreturn]] void give_up(const LockName& wanted, const char* how, const LockName& held) {
    std::fprintf(stderr, "the lock \"%s\" is taken %s the lock \"%s\", which is held\n",
                 wanted.text().c_str(), how, held.text().c_str());
    std::abort();
}

bool is_in_order(const LockName& first, const LockName& second) {
    if (first.kind != second.kind) { // under the others no lock is taken, nor they under any
        return first.kind < second.kind && second.kind <= LockKind::host;
    }
    return first.kind == LockKind::container ||
           (first.kind == LockKind::network && first.name < second.name);
}

} // namespace

void LockOrder::check_try(const LockName& wanted) const {
    if (std::find(held_.begin(), held_.end(), wanted) != held_.end()) {
        give_up(wanted, "in addition to", wanted);
    }
}

void LockOrder::check(const LockName& wanted) const {
    check_try(wanted);
    int containers = 0;
    for (const auto& held : held_) {
        containers += held.kind == LockKind::container ? 1 : 0;
        if (!is_in_order(held, wanted) || (wanted.kind == LockKind::container && containers > 1)) {
            give_up(wanted, "after", held);
        }
    }
}

#endif

} // namespace ocinet::state
