// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "netsetup/base/error.h"
#include "overlay/changes.h"

/// An etcd that is simulated: it only keeps keys and carries out transactions; and hosts that read
/// and write it.
namespace ocinet::overlay {

using nlohmann::json;

inline LocalNetwork network(const std::string& subnet, std::uint64_t block_size = 64) {
    LocalNetwork network{.interface = "oc-blue"};
    network.subnets.push_back(oci::subnet_of(*Prefix::parse(subnet)));
    network.block_size = block_size;
    return network;
}

struct Host {
    Host(const std::string& name, int number)
        : self{.name = name,
               .instance = "i-" + name,
               .address = *IpAddress::parse("192.0.2." + std::to_string(number)),
               .wireguard_port = 51820,
               .lease = number},
          view({"/ocinet", name, self.address}) {}

    Self self;
    View view;
    std::map<std::string, LocalNetwork> networks = {};
    std::map<std::string, std::map<std::string, LocalContainer>> containers = {};
    Asked asked = {};
    bool knows_all_containers = true;
    std::set<std::string> doubted = {};
    Problems problems = {};
    /// How many of the store's events it has seen.
    std::size_t seen = 0;
};

class Store {
public:
    /// What the host has not seen yet.
    void show(Host& host) const {
        for (; host.seen < events_.size(); ++host.seen) {
            const auto& [key, now] = events_[host.seen];
            if (now) {
                host.view.put(*now);
            } else {
                host.view.gone(key);
            }
        }
    }

    bool carry_out(const json& transaction) {
        for (const auto& condition : transaction["compare"]) {
            const auto found = keys.find(etcd::decoded(condition["key"]));
            const auto at = found == keys.end() ? 0 : found->second.mod_revision;
            if (at != etcd::number(condition, "mod_revision")) {
                return false;
            }
        }
        ++revision_;
        for (const auto& operation : transaction["success"]) {
            if (operation.contains("request_put")) {
                put(operation["request_put"]);
            } else {
                const std::string key = etcd::decoded(operation["request_delete_range"]["key"]);
                keys.erase(key);
                events_.emplace_back(key, std::nullopt);
            }
        }
        return true;
    }

    std::vector<std::string> names(const std::string& prefix) const {
        std::vector<std::string> names;
        for (const auto& [key, now] : keys) {
            if (key.starts_with("/ocinet/" + prefix)) {
                names.push_back(key.substr(8));
            }
        }
        return names;
    }

    void erase(const std::string& name) {
        keys.erase("/ocinet/" + name);
        events_.emplace_back("/ocinet/" + name, std::nullopt);
    }
    void write(const std::string& name, const std::string& value, std::int64_t lease = 0) {
        ++revision_;
        put(etcd::put("/ocinet/" + name, value, lease)["request_put"]);
    }

    std::map<std::string, etcd::KeyValue> keys;

private:
    void put(const json& request) {
        const std::string key = etcd::decoded(request["key"]);
        auto& now = keys[key];
        now = {key, etcd::decoded(request["value"]),
               now.create_revision == 0 ? revision_ : now.create_revision, revision_,
               etcd::number(request, "lease")};
        events_.emplace_back(key, now);
    }

    std::int64_t revision_ = 0;
    std::vector<std::pair<std::string, std::optional<etcd::KeyValue>>> events_;
};

inline Here here(const Host& host) {
    return {host.networks, host.containers, host.asked, host.knows_all_containers, host.doubted};
}

inline std::optional<Change> next(Host& host) {
    host.problems.clear();
    return next_change(host.view, host.self, here(host), {}, host.problems);
}

/// Until it has nothing more to say. Gives how many transactions that took.
inline int settle(Store& store, Host& host) {
    for (int count = 0; count < 100; ++count) {
        store.show(host);
        const auto change = next(host);
        if (!change) {
            return count;
        }
        store.carry_out(change->transaction);
    }
    throw Error("it has always something to say");
}

inline void add_container(Host& host, const std::string& id, const std::string& address) {
    host.containers["blue"][id] = {*Mac::parse("02:00:00:00:00:01"), {*IpAddress::parse(address)}};
}

} // namespace ocinet::overlay
