// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/place.h"
#include "tests/support/temp_dir.h"

namespace ocinet::test {

/// A simulated host: a network and a mount namespace in which real container runtimes run. Its /run
/// is empty but for /run/netns and /run/lock; its /sys shows its own interfaces, with the machine's
/// cgroups; what is written below /etc is seen in it alone and is gone with it; lo is up.
/// Everything else is the machine's, /tmp and the process ids too, and so are the cgroups:
/// container ids must be unique among all hosts.
class Host : public Place {
public:
    Host();

    /// Joins two hosts by a veth pair, called `name` in both, and waits until it carries frames.
    /// The MAC addresses follow from the name, so that twins of a host look alike. Addresses such
    /// as "192.0.2.1/24" are given to this end and to the other's where they are not empty.
    void connect(const Host& other, const std::string& name, const std::string& address = "",
                 const std::string& other_address = "") const;

    /// Writes a file as this host sees it, with the directories above it.
    void write(const std::string& path, std::string_view text) const;
    std::string read(const std::string& path) const;
    /// Writes /etc/ocinet/networks/NAME.json.
    void write_network(const std::string& name, const nlohmann::json& network) const;

private:
    explicit Host(TempDir directory);
    TempDir directory_;
};

/// Whether this is a guest of tests/vm, in which nothing can be harmed.
bool is_guest();
/// Options of the hook's for when it is traced, or one of many at once. Its deadline is of time,
/// and a guest's processor, which is emulated, takes ten times as long for everything.
std::vector<std::string> options_for_slowness();

/// Why a Host cannot be made here; empty when it can.
std::string missing_for_host();

} // namespace ocinet::test
