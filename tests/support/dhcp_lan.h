// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "tests/support/host.h"

namespace ocinet::test {

/// The network of the host's interface lan0, with a router on it where dnsmasq may give addresses;
/// and ocinet-agent, which may run on the host. The host's network "lan" gets its addresses so.
class DhcpLan {
public:
    explicit DhcpLan(const Host& host);
    DhcpLan(const DhcpLan&) = delete;
    DhcpLan& operator=(const DhcpLan&) = delete;
    /// Ends the clients: they are nobody's children.
    ~DhcpLan();

    static nlohmann::json network();

    /// `range`: "192.0.2.50,192.0.2.59". Waits until it serves.
    void start_server(const std::string& range, const std::string& options = "");
    void stop_server() { server_.reset(); }
    /// What dnsmasq has logged.
    std::string server_log() const;
    /// Waits until it has logged the text.
    bool server_says(const std::string& text) const;

    void start_agent();
    /// As a crash does.
    void kill_agent() { agent_.reset(); }

    /// What the host knows of the container's lease on eth0; null where it has none.
    nlohmann::json lease(const std::string& id) const;
    /// By what jq(1) makes of it.
    void change_lease(const std::string& id, const std::string& filter) const;
    pid_t client(const std::string& id) const { return lease(id)["client"]["pid"]; }
    /// Neither client, nor helper, nor lease.
    bool is_clean() const;

    Host router;

private:
    const Host& host_;
    std::optional<Process> server_;
    std::optional<Process> agent_;
};

/// The ids of the processes that are DHCP clients of the container.
nlohmann::json dhcp_clients_of(const std::string& id);

} // namespace ocinet::test
