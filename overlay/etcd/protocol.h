// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

/// The messages of etcd v3's JSON gateway (etcd's documentation, "gRPC gateway"; its
/// api/etcdserverpb/rpc.proto): keys and values are base64, 64-bit numbers are strings, and what is
/// 0, false or empty is left out.
namespace ocinet::etcd {

struct KeyValue {
    std::string key;
    std::string value;
    std::int64_t create_revision = 0;
    std::int64_t mod_revision = 0;
    /// 0: none, it stays.
    std::int64_t lease = 0;
};

/// RFC 4648, section 4. decoded() throws Error for anything else.
std::string encoded(std::string_view bytes);
std::string decoded(const std::string& text);

/// A member that is a 64-bit number; 0 where it was left out. Throws Error.
std::int64_t number(const nlohmann::json& message, const char* key);
/// Of the store, when it answered.
std::int64_t revision_of(const nlohmann::json& answer);
/// Of an answer's or an event's `kv`. Throws Error.
KeyValue key_value(const nlohmann::json& kv);

/// The first key behind all that begin with the prefix, which is not empty and does not end in
/// 0xff.
std::string end_of(std::string prefix);

/// Operations of a transaction.
nlohmann::json put(const std::string& key, const std::string& value, std::int64_t lease = 0);
nlohmann::json erase(const std::string& key);
/// Conditions: that the key is as it was at this revision; 0: that it is not there.
nlohmann::json is_at(const std::string& key, std::int64_t mod_revision);

/// What a transaction takes: etcd's --max-txn-ops is 128 by default.
inline constexpr std::size_t most_operations = 100;

/// For /v3/kv/txn: all of `operations` if all of `conditions` hold.
nlohmann::json transaction(nlohmann::json conditions, nlohmann::json operations);
bool has_succeeded(const nlohmann::json& answer);

} // namespace ocinet::etcd
