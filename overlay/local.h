// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "netsetup/base/address.h"
#include "netsetup/base/fd.h"
#include "netsetup/record.h"
#include "netsetup/state/directory.h"
#include "overlay/definition.h"

namespace ocinet::overlay {

/// A network of which etcd says whose its addresses are, as this host's file has it. What it leaves
/// open stands in etcd.
struct LocalNetwork {
    /// The bridge.
    std::string interface;
    /// Empty: whatever there is in etcd.
    std::vector<oci::Subnet> subnets;
    oci::Overlay::Control control = oci::Overlay::Control::etcd;
    std::optional<bool> encrypted;
    std::optional<std::uint32_t> vni;
    std::optional<std::uint16_t> port;
    std::optional<std::uint64_t> block_size;
};

struct LocalContainer {
    Mac mac;
    std::vector<IpAddress> addresses;
    /// Else it is about to come, or to go: it has them, and the others are not told.
    bool is_attached = true;

    auto operator<=>(const LocalContainer&) const = default;
};

/// What this host has: networks, by the files in /etc/ocinet/networks, and containers on them, by
/// the records. inotify(7) says when to look again.
class Local {
public:
    /// Reads everything. Throws Error.
    Local();

    /// Readable when something may have changed.
    int descriptor() const { return notify_.get(); }
    /// Looks again at what changed, and at what could not be read before. Returns the networks of
    /// which something may have changed.
    std::set<std::string> refresh();

    /// Whether `containers` are all: no record is there that cannot be read.
    bool knows_all_containers() const { return unread_.empty(); }

    /// By name.
    std::map<std::string, LocalNetwork> networks;
    /// By network and id.
    std::map<std::string, std::map<std::string, LocalContainer>> containers;
    /// Files that cannot be read, and why: what they said before holds until they can.
    std::map<std::string, std::string> problems;

private:
    void read_networks();
    void read_containers();
    void read_container(const std::string& id);
    void take(const std::string& id, const std::optional<Record>& record);
    void take_all_as_changed();

    state::Directory state_;
    Fd notify_;
    int networks_watch_ = -1;
    int containers_watch_ = -1;
    /// Networks, since the last refresh().
    std::set<std::string> changed_;
    /// Containers whose record could not be read.
    std::set<std::string> unread_;
    /// A network's file could not.
    bool networks_unread_ = false;
};

/// Throws Error. Nothing where the file leaves nothing to etcd.
std::optional<LocalNetwork> parse_local_network(const std::string& text, const std::string& name,
                                                const std::string& file);

} // namespace ocinet::overlay
