// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "netsetup/base/address.h"
#include "netsetup/base/fd.h"
#include "overlay/loop.h"

namespace ocinet::overlay {

/// Addresses asked for one by one, by network.
using Asked = std::map<std::string, std::set<IpAddress>>;

/// Containers that are about to start on this host with an address by ip= that is in no block of
/// the host's: the hook asks for it (oci::grants), and keeps the connection until its record says
/// that the container has it.
class Grants {
public:
    /// Listens at `path`. `changed`: somebody asks, or has gone. Throws Error.
    Grants(Loop& loop, const std::string& path, std::function<void()> changed);

    /// What is asked for, or was granted, by those who are there.
    Asked asked() const;

    /// Why an address is not to be had; empty: it is this host's; nothing: not known yet.
    using Verdict =
        std::function<std::optional<std::string>(const std::string& network, const IpAddress&)>;
    /// Tells those who wait.
    void answer(const Verdict& verdict);
    /// Refuses those who have waited for longer.
    void give_up(std::chrono::milliseconds after, const std::string& why);

private:
    using Clock = std::chrono::steady_clock;

    struct Client {
        Fd socket;
        std::string network = {};
        std::set<IpAddress> addresses = {};
        bool is_answered = false;
        Clock::time_point since = Clock::now();

        bool waits() const { return !is_answered && !addresses.empty(); }
    };

    void welcome();
    void hear(int fd);
    static void answer(Client& client, const Verdict& verdict);
    static void refuse(Client& client, const std::string& why);

    Loop& loop_;
    Fd listener_;
    std::function<void()> changed_;
    /// By their descriptors.
    std::map<int, Client> clients_;
};

} // namespace ocinet::overlay
