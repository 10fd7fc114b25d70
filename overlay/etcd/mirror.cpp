// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/etcd/mirror.h"

#include <algorithm>
#include <utility>

namespace ocinet::etcd {

namespace {

// A list of all would be answered at once, and held in memory at once, on both sides.
constexpr int page_size = 5000;
constexpr std::chrono::milliseconds pause(500);

} // namespace

Mirror::Mirror(overlay::Loop& loop, Client& client, std::string prefix, Listener listener)
    : client_(client), prefix_(std::move(prefix)), listener_(std::move(listener)),
      retry_(loop, [this] { can_watch_ ? watch() : list(prefix_); }) {
    retry_.start(std::chrono::milliseconds(0));
}

void Mirror::again(const Error& error) {
    listener_.failed(error);
    retry_.start(pause);
}

void Mirror::list(const std::string& from) {
    if (from == prefix_) {
        unseen_ = known_;
        list_revision_ = 0;
    }
    client_.call(
        "/v3/kv/range",
        {{"key", encoded(from)},
         {"range_end", encoded(end_of(prefix_))},
         {"limit", std::to_string(page_size)},
         {"revision", std::to_string(list_revision_)}},
        [this](const nlohmann::json& answer) { take_page(answer); },
        [this](const Error& error) { again(error); });
}

void Mirror::take_page(const nlohmann::json& answer) {
    if (list_revision_ == 0) {
        list_revision_ = revision_of(answer);
    }
    std::string last;
    for (const auto& kv : answer.value("kvs", nlohmann::json::array())) {
        const KeyValue now = key_value(kv);
        unseen_.erase(now.key);
        // Of another etcd than before, the same revision may be another's.
        known_[now.key] = now.mod_revision;
        listener_.put(now);
        last = now.key;
    }
    if (answer.value("more", false) && !last.empty()) {
        list(last + '\0');
        return;
    }
    for (const auto& [key, revision] : std::exchange(unseen_, {})) {
        gone(key);
    }
    revision_ = list_revision_;
    complete_ = true;
    can_watch_ = true;
    listener_.settled(true);
    watch();
}

void Mirror::watch() {
    client_.watch(
        {{"create_request",
          {{"key", encoded(prefix_)},
           {"range_end", encoded(end_of(prefix_))},
           {"start_revision", std::to_string(revision_ + 1)}}}},
        [this](const nlohmann::json& message) { return take_message(message); },
        [this](const Error& error) { again(error); });
}

bool Mirror::take_message(const nlohmann::json& message) {
    can_watch_ = false; // until the message was understood
    if (message.value("canceled", false)) {
        can_watch_ = number(message, "compact_revision") == 0;
        return false;
    }
    // Another etcd than before, from a backup or from nothing: it would be silent up to then.
    if (message.value("created", false) && revision_of(message) < revision_) {
        return false;
    }
    const auto events = message.value("events", nlohmann::json::array());
    for (const auto& event : events) {
        const KeyValue now = key_value(event.at("kv"));
        if (event.value("type", "PUT") == "DELETE") {
            gone(now.key);
        } else {
            put(now);
        }
        // Not the header's revision: who is behind gets the events in parts.
        revision_ = std::max(revision_, now.mod_revision);
    }
    can_watch_ = true;
    // Also when the watch goes on after it was lost: etcd answers again.
    if (!events.empty() || message.value("created", false)) {
        listener_.settled(false);
    }
    return true;
}

void Mirror::put(const KeyValue& now) {
    if (std::exchange(known_[now.key], now.mod_revision) != now.mod_revision) {
        listener_.put(now);
    }
}

void Mirror::gone(const std::string& key) {
    if (known_.erase(key) != 0) {
        listener_.gone(key);
    }
}

} // namespace ocinet::etcd
