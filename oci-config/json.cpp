// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/json.h"

#include "netsetup/base/json_text.h"

namespace ocinet::oci {

nlohmann::json parse_json(const std::string& text, std::string_view document) {
    if (is_too_deep(text)) {
        throw Error(std::string(document) + " is not valid JSON: more than " +
                    std::to_string(most_json_levels) + " levels of arrays and objects");
    }
    try {
        return nlohmann::json::parse(text);
    } catch (const nlohmann::json::exception& error) {
        throw Error(std::string(document) + " is not valid JSON: " + error.what());
    }
}

ObjectReader::ObjectReader(const nlohmann::json& value, std::string name)
    : value_(value), name_(std::move(name)) {
    if (!value.is_object()) {
        throw Error(name_ + " is not a JSON object");
    }
}

Error ObjectReader::wrong(const std::string& key, std::string_view problem) const {
    return Error(name_ + ": " + key + ": " + std::string(problem));
}

const nlohmann::json* ObjectReader::member(const std::string& key) {
    known_.insert(key);
    const auto found = value_.find(key);
    return found == value_.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::string> ObjectReader::text(const std::string& key) {
    const auto* found = member(key);
    if (!found) {
        return std::nullopt;
    }
    if (!found->is_string()) {
        throw wrong(key, "not a string");
    }
    return found->get<std::string>();
}

std::optional<bool> ObjectReader::boolean(const std::string& key) {
    const auto* found = member(key);
    if (!found) {
        return std::nullopt;
    }
    if (!found->is_boolean()) {
        throw wrong(key, "not true or false");
    }
    return found->get<bool>();
}

std::optional<std::int64_t> ObjectReader::integer(const std::string& key) {
    const auto* found = member(key);
    if (!found) {
        return std::nullopt;
    }
    // An unsigned number past int64's end would silently become negative.
    if (!found->is_number_integer() ||
        (found->is_number_unsigned() && found->get<std::uint64_t>() > INT64_MAX)) {
        throw wrong(key, "not a whole number");
    }
    return found->get<std::int64_t>();
}

const nlohmann::json* ObjectReader::array(const std::string& key) {
    const auto* found = member(key);
    if (found && !found->is_array()) {
        throw wrong(key, "not an array");
    }
    return found;
}

const nlohmann::json* ObjectReader::object(const std::string& key) {
    const auto* found = member(key);
    if (found && !found->is_object()) {
        throw wrong(key, "not an object");
    }
    return found;
}

void ObjectReader::refuse_unknown() const {
    for (const auto& [key, ignored] : value_.items()) {
        if (!known_.contains(key)) {
            throw wrong(key, "unknown key");
        }
    }
}

} // namespace ocinet::oci
