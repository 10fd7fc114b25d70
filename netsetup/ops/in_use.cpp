// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/in_use.h"

#include <algorithm>

namespace ocinet::ops {

namespace {

constexpr std::chrono::milliseconds a_moment(2000);

} // namespace

void attempt_while_in_use(Context& context, std::initializer_list<int> errors,
                          const std::function<void(bool again)>& attempt) {
    const auto deadline =
        Deadline::in(context.deadline.patience(std::chrono::milliseconds(0), a_moment));
    for (bool again = false;; again = true) {
        try {
            attempt(again);
            return;
        } catch (const netlink::Refused& refused) {
            const bool in_use =
                std::find(errors.begin(), errors.end(), refused.error()) != errors.end();
            if (!in_use || !context.link_watch || !context.link_watch->wait(deadline)) {
                throw;
            }
        }
    }
}

} // namespace ocinet::ops
