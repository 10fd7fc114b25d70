// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "tests/support/underlay.h"

namespace ocinet::test {

/// FRR on a host of an underlay: zebra, and bgpd, which speaks EVPN with the other hosts' (internal
/// BGP, each with each).
class Frr {
public:
    Frr(const Underlay& net, int number, int hosts);

    /// Does not wait for the others.
    void start();
    /// As a crash does.
    void stop();
    /// Runs `vtysh -c COMMAND`, which must succeed.
    std::string ask(const std::string& command) const;

private:
    void wait_for(const std::string& command) const;

    const Host& host_;
    std::optional<Process> zebra_;
    std::optional<Process> bgpd_;
};

/// Why there is none; empty when there is.
std::string missing_for_frr();

} // namespace ocinet::test
