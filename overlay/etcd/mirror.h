// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "overlay/etcd/client.h"
#include "overlay/etcd/protocol.h"

namespace ocinet::etcd {

/// Knows the keys below a prefix: lists them, and then watches from the list's revision on. After
/// whatever came between (a connection lost, the revision compacted away) it knows them again.
class Mirror {
public:
    struct Listener {
        std::function<void(const KeyValue& now)> put;
        std::function<void(const std::string& key)> gone;
        /// After all of a message's, which may be none; `anew`: of a list's, whose revision may be
        /// any.
        std::function<void(bool anew)> settled;
        /// What keeps it from knowing; it goes on trying.
        std::function<void(const Error& error)> failed;
    };

    Mirror(overlay::Loop& loop, Client& client, std::string prefix, Listener listener);

    /// Whether it ever had a whole list.
    bool is_complete() const { return complete_; }
    /// All changes up to this one are known.
    std::int64_t revision() const { return revision_; }

private:
    void list(const std::string& from);
    void take_page(const nlohmann::json& answer);
    void watch();
    bool take_message(const nlohmann::json& message);
    void put(const KeyValue& now);
    void gone(const std::string& key);
    void again(const Error& error);

    Client& client_;
    std::string prefix_;
    Listener listener_;
    overlay::Timer retry_;
    /// By their revision.
    std::map<std::string, std::int64_t> known_;
    /// While a list is read: what is not on it yet, and which revision it is of.
    std::map<std::string, std::int64_t> unseen_;
    std::int64_t list_revision_ = 0;
    std::int64_t revision_ = 0;
    bool complete_ = false;
    /// The watch goes on from revision_; else a list is needed.
    bool can_watch_ = false;
};

} // namespace ocinet::etcd
