// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>

#include "overlay/grants.h"
#include "overlay/local.h"
#include "overlay/view.h"

namespace ocinet::overlay {

/// This host, as the others are to see it.
struct Self {
    std::string name;
    std::string instance;
    /// From which its tunnels lead.
    IpAddress address;
    /// Where a network of this host's is encrypted, and its interface is there.
    std::optional<wireguard::Key> public_key = {};
    std::uint16_t wireguard_port = 0;
    std::int64_t lease = 0;
};

/// A transaction that brings etcd nearer to what this host is and has. It succeeds if etcd is still
/// as it was seen; else it is decided anew.
struct Change {
    /// For messages.
    std::string what;
    nlohmann::json transaction;
    /// The key of a single address that it gives back; or of which it asks whether it was.
    std::string gives_back = {};
    std::string asks_about = {};
};

/// Which key of the host's file says otherwise than what is defined; empty: none.
std::string contradiction(const LocalNetwork& local, const Definition& definition);

/// What is on this host, and who asks for more.
struct Here {
    const std::map<std::string, LocalNetwork>& networks;
    /// By network and id.
    const std::map<std::string, std::map<std::string, LocalContainer>>& containers;
    Asked asked;
    /// Those are all.
    bool knows_all_containers = true;
    /// Keys of single addresses that etcd was told to take back, and nothing is known of it yet.
    std::set<std::string> doubted = {};
};

/// The next one; nothing when all is said. `stuck`: those (what) that failed on etcd as it is now.
/// Pure.
std::optional<Change> next_change(const View& view, const Self& self, const Here& here,
                                  const std::set<std::string>& stuck, Problems& problems);

/// What the hook needs to know of a network (oci-config/overlay.h).
struct Completion {
    std::string text;
    /// The host has addresses to give in each subnet, to whoever comes.
    bool is_whole = false;
};
/// Nothing as long as the network is not defined.
std::optional<Completion> completion(const View& view, const Self& self,
                                     const std::string& network);

} // namespace ocinet::overlay
