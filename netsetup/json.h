// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <concepts>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "netsetup/base/address.h"
#include "netsetup/base/error.h"

/// Defines to_json and from_json, which the header has declared: nlohmann's own macro of this kind
/// makes them inline, and then every user of the header would compile them anew.
#define OCINET_JSON(Type, ...)                                                                     \
    void to_json(nlohmann::json& nlohmann_json_j, const Type& nlohmann_json_t) {                   \
        NLOHMANN_JSON_EXPAND(NLOHMANN_JSON_PASTE(OCINET_JSON_TO, __VA_ARGS__))                     \
    }                                                                                              \
    void from_json(const nlohmann::json& nlohmann_json_j, Type& nlohmann_json_t) {                 \
        NLOHMANN_JSON_EXPAND(NLOHMANN_JSON_PASTE(OCINET_JSON_FROM, __VA_ARGS__))                   \
    }
#define OCINET_JSON_TO(member)                                                                     \
    nlohmann_json_j[#member] = ::ocinet::member_json(nlohmann_json_t.member);
#define OCINET_JSON_FROM(member)                                                                   \
    ::ocinet::read_member(nlohmann_json_j, #member, nlohmann_json_t.member);

/// How the values that operations are made of stand in the journal: as the text people know.
namespace ocinet {

/// nlohmann makes any number fit: of 65537 a 16-bit port 1, of 0.5 a process 0, of true a 1. What
/// we wrote fits, so that anything else is damage.
template <std::integral Number>
bool fits(const nlohmann::json& json) {
    return json.is_number_unsigned()
               ? std::in_range<Number>(json.get<std::uint64_t>())
               : json.is_number_integer() && std::in_range<Number>(json.get<std::int64_t>());
}

template <typename Value>
void read_member(const nlohmann::json& json, const char* key, Value& value) {
    const auto& member = json.at(key);
    if constexpr (std::integral<Value> && !std::same_as<Value, bool>) {
        if ((member.is_number() || member.is_boolean()) && !fits<Value>(member)) {
            throw Error("\"" + std::string(key) + "\" in a record is not a number that fits");
        }
    }
    member.get_to(value);
}

template <typename Value>
nlohmann::json member_json(const Value& value) {
    return value;
}

/// What need not be there stands in the journal all the same, as null.
template <typename Value>
nlohmann::json member_json(const std::optional<Value>& value) {
    return value ? nlohmann::json(*value) : nlohmann::json();
}

template <typename Value>
void read_member(const nlohmann::json& json, const char* key, std::optional<Value>& value) {
    value.reset();
    if (!json.at(key).is_null()) {
        read_member(json, key, value.emplace());
    }
}

template <typename Value>
Value value_from_json(const nlohmann::json& json) {
    const auto text = json.get<std::string>();
    const auto value = Value::parse(text);
    if (!value) {
        throw Error("\"" + text + "\" in a record is malformed");
    }
    return *value;
}

inline void to_json(nlohmann::json& json, const IpAddress& value) {
    json = value.text();
}
inline void from_json(const nlohmann::json& json, IpAddress& value) {
    value = value_from_json<IpAddress>(json);
}
inline void to_json(nlohmann::json& json, const Prefix& value) {
    json = value.text();
}
inline void from_json(const nlohmann::json& json, Prefix& value) {
    value = value_from_json<Prefix>(json);
}
inline void to_json(nlohmann::json& json, const Mac& value) {
    json = value.text();
}
inline void from_json(const nlohmann::json& json, Mac& value) {
    value = value_from_json<Mac>(json);
}

} // namespace ocinet
