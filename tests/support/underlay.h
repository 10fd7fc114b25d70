// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <deque>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/container.h"
#include "tests/support/host.h"

namespace ocinet::test {

/// Hosts on one switch, which carry overlay networks: "h1" at 192.0.2.1 and 2001:db8::1, "h2" at
/// 192.0.2.2, …
class Underlay {
public:
    explicit Underlay(int hosts, unsigned mtu = 1500);

    const Host& host(int number) const { return hosts_.at(std::size_t(number) - 1); }
    /// The file of a network on these hosts (all, where none are named): of 10.95.0.0/16, from
    /// which host N gives 10.95.N.0/24, or of fd95::/64 and fd95::N:0/120, or of both.
    nlohmann::json network(const nlohmann::json& options = {{"vni", "95"}},
                           const std::vector<int>& families = {4},
                           const std::vector<int>& members = {}, int underlay_family = 4) const;
    /// Writes it on every host.
    void write_network(const std::string& name, const nlohmann::json& file) const;
    Container container(int host, const std::string& network) const {
        return Container(this->host(host), {{"io.ocinet.network", network}});
    }

    Host wire;

private:
    std::deque<Host> hosts_;
};

} // namespace ocinet::test
