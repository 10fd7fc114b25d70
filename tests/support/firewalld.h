// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "tests/support/host.h"

namespace ocinet::test {

/// The real firewalld, with a system bus of its own, in a simulated host; it serves when the
/// constructor is done.
class Firewalld {
public:
    /// `backend`: nftables or iptables.
    explicit Firewalld(const Host& host, const std::string& backend = "nftables");

    /// As firewalld.service does; its tables are gone when this returns, where it takes them away.
    void stop();

private:
    Process bus_;
    Process daemon_;
};

/// Why it cannot run here; empty when it can.
std::string missing_for_firewalld();

} // namespace ocinet::test
