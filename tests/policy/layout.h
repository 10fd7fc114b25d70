// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/policy/probe.h"
#include "tests/support/container.h"
#include "tests/support/host.h"

namespace ocinet::test {

/// Where every row of the policy can be tried: a host of ours between three LANs, and containers on
/// networks of every kind. What the kernel or a missing route would stop by itself is let through,
/// as far as a setting can: whatever is stopped here was stopped by the policy.
///
///     client 192.0.2.2 --- 192.0.2.1    host    198.51.100.1 --- 198.51.100.2 other
///     evil 203.0.113.2 --- 203.0.113.1          198.51.100.9
///     left 10.99.0.1 ------ br0, a bridge of the operator's ------ right 10.99.0.2
///
///     network bridge, 10.90.0.0/16:             web1 .0.11, web2 .0.12, eve .0.13
///     network web, 10.91.1.0/24:                far .11
///     network inner, 10.91.2.0/24, internal:    shut .11, shut2 .12
///     network apart, 10.91.3.0/24, icc=false:   lone1 .11, lone2 .12, lone3 .13
///     network sealed, 10.91.4.0/24, host_access=false:                  sealed .11
///     networks open1, open2, 10.91.5.0/24, 10.91.6.0/24, isolate=false: open1 .11, open2 .11
///     network strict, 10.91.7.0/24, isolate=strict:                     strict .11
///     network outbound, 10.91.8.0/24, by 198.51.100.9:                  sender .11
///     network aloof, 10.91.9.0/24, isolate=strict, icc=false:           aloof1 .11, aloof2 .12
///
/// Each has IPv6, too, with addresses that follow: 2001:db8:1::1 for 192.0.2.1, 2001:db8:2:: and
/// 2001:db8:3:: likewise, fd00:90::11 for 10.90.0.11, fd00:91:3::11 for 10.91.3.11.
///
/// What listens where, and what is published, stands at the top of layout.cpp.
class Layout {
public:
    Layout();

    const Host& host() const { return host_; }
    const Place& place(const std::string& name) const;
    /// Whether a server got the UDP packet that began with this word.
    bool was_delivered(const std::string& word) const;
    /// The host port that was chosen for web1's port 80.
    std::uint16_t random_port(const std::string& protocol) const;

    void set_bridge_nf(bool on) const;
    /// The host and the containers must find each other anew.
    void forget_neighbours() const;
    /// Lets pass all that the policy drops; translation goes on.
    void open_filters() const;

private:
    void write_networks() const;
    void connect_lans();
    void attach(const std::string& name, const Annotations& annotations);
    void attach_containers();
    void allow_crafted_packets() const;
    void add_operators_rule() const;

    // Servers end before the places in which they run.
    Host host_;
    Host client_;
    Host other_;
    Host evil_;
    Host left_;
    Host right_;
    std::map<std::string, std::unique_ptr<Container>> containers_;
    std::map<std::string, nlohmann::json> results_;
    std::vector<Process> servers_;
};

/// Makes `host` filter bridged frames by the rules for routed packets, or not. Not to do so is all
/// that a kernel without br_netfilter can.
void set_bridge_nf(const Host& host, bool on);
/// Why it cannot be made to; empty when it can.
std::string missing_for_bridge_nf();

/// A network file's content for a network of one subnet.
nlohmann::json network_file(const std::string& subnet, bool internal = false);

} // namespace ocinet::test
