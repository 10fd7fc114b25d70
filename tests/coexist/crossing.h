// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "tests/support/container.h"
#include "tests/support/host.h"

namespace ocinet::test {

/// A host between a LAN, to which its default routes lead, and two containers of the network
/// `bridge`, which has IPv4 and IPv6. On it the firewalls of others are set up.
///
///     lan 192.0.2.2 --- 192.0.2.1 host 10.90.0.1 --- box 10.90.0.11, publishes 8080:80
///         2001:db8:1::2 --- ::1        fd00:90::1     |  fd00:90::11
///                                                     neighbour .12
class Crossing {
public:
    Crossing();

    /// Sets up the network of both; gives what the hook said on stderr for the first, and leaves
    /// its result in `result`.
    std::string attach();
    nlohmann::json result;

    /// What does not work, of one family: "out", "in", "beside".
    std::vector<std::string> broken(int family = 4);
    /// Those of these ways that come by the rules for what is routed: not "beside" where what stays
    /// on a bridge does not (bridge-nf-call-iptables).
    std::vector<std::string> filtered(std::vector<std::string> ways = {"out", "in",
                                                                       "beside"}) const;

    Host host;
    Host lan;
    Container box{host,
                  {{"io.ocinet.network", "bridge:ip=10.90.0.11,ip=fd00:90::11"},
                   {"io.ocinet.publish", "8080:80"}}};
    Container neighbour{host, {{"io.ocinet.network", "bridge:ip=10.90.0.12,ip=fd00:90::12"}}};

private:
    std::vector<Process> servers_;
};

inline const std::vector<std::string> nothing_broken;

/// `ocinet doctor` on the host.
Result doctor(const Host& host, const std::string& options = "");

/// What the host's `ocinet doctor --json` finds; throws Error when its status does not fit.
nlohmann::json findings(const Host& host);

/// Runs what the findings say would allow the traffic, word for word.
void run_named_commands(const Host& host, const nlohmann::json& findings);

/// Loads what stands in nft's language; one line will do.
void load_nft(const Host& host, const std::string& rules);

/// All rules of others, as nft and iptables-legacy list them: without counters and comments.
std::string rules_of_others(const Host& host);

/// Why this iptables cannot be used here; empty when it can.
std::string missing_for_iptables(const std::string& program);

} // namespace ocinet::test
