// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <set>
#include <string>

#include "overlay/changes.h"
#include "overlay/view.h"

/// Which of a network's addresses a host has etcd call its own: blocks, out of which it gives them
/// to whoever comes; and single ones outside of these, that containers ask for by ip=. Of a single
/// one etcd knows, as a block of one address, as long as a container has it or is about to; then
/// another host may have it, so that a container moves with its address. Pure.
namespace ocinet::overlay {

struct Addressing {
    const View& view;
    const Self& self;
    const std::string& network;
    const Definition& definition;
    const Here& here;
};

/// The next thing to take, or to give back. Says in `problems` when nothing is left for those who
/// come.
std::optional<Change> settle_addresses(const Addressing& now, Problems& problems);

/// Whether an address is this host's to give, as Grants::Verdict says it.
std::optional<std::string> judge_asked(const Addressing& now, const IpAddress& address);

} // namespace ocinet::overlay
