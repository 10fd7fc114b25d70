// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <set>

#include "netsetup/base/deadline.h"
#include "netsetup/base/fd.h"

namespace ocinet {

/// Hears when one of the host's links changes, or has another IPv6 address (rtnetlink(7),
/// RTMGRP_LINK and RTMGRP_IPV6_IFADDR).
class LinkWatch {
public:
    /// Throws Error.
    static LinkWatch open();

    /// Waits for a change since open(), or since the last one that was waited for. False when none
    /// comes until the deadline; throws Error.
    bool wait(const Deadline& deadline);

    /// Readable when one has changed, until changed().
    int descriptor() const { return socket_.get(); }
    /// The indices of those that have; nothing: more than could be heard.
    std::optional<std::set<int>> changed();

private:
    explicit LinkWatch(Fd socket) : socket_(std::move(socket)) {}

    Fd socket_;
};

} // namespace ocinet
