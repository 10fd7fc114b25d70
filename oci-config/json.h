// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "netsetup/base/error.h"

namespace ocinet::oci {

/// Throws an Error that names the document and the place of the fault. More than 100 levels of
/// arrays and objects are one. Comments and duplicate keys
/// are handled as RFC 8259 parsers usually do: comments refused, the last key wins.
nlohmann::json parse_json(const std::string& text, std::string_view document);

/// Reads the members of one JSON object; every Error names the document and the key:
///     web.json: subnets[0].gateway: not a string
/// Refers to the JSON value: it must outlive the reader.
class ObjectReader {
public:
    ObjectReader(const nlohmann::json& value, std::string name);

    /// Nothing where the key is absent or null.
    std::optional<std::string> text(const std::string& key);
    std::optional<bool> boolean(const std::string& key);
    std::optional<std::int64_t> integer(const std::string& key);
    /// The raw member, or nullptr. An empty array or object stands for absence in OCI files.
    const nlohmann::json* member(const std::string& key);
    const nlohmann::json* array(const std::string& key);
    const nlohmann::json* object(const std::string& key);

    /// Marks a key as known, whatever its value.
    void ignore(const std::string& key) { known_.insert(key); }
    /// For our own files: a key that nobody asked for is an Error.
    void refuse_unknown() const;

    const nlohmann::json& value() const { return value_; }
    const std::string& name() const { return name_; }
    /// An Error about one key.
    Error wrong(const std::string& key, std::string_view problem) const;

private:
    const nlohmann::json& value_;
    std::string name_;
    std::set<std::string> known_;
};

/// Each entry of an array of strings, through `parse`, which gives nothing for what is malformed;
/// then the Error says that it is not `what`. Nothing where the key is absent.
template <typename Parse>
auto read_list(ObjectReader& reader, const std::string& key, const char* what, Parse parse) {
    using Value = typename decltype(parse(std::string()))::value_type;
    std::optional<std::vector<Value>> list;
    const auto* array = reader.array(key);
    if (!array) {
        return list;
    }
    list.emplace();
    for (const auto& item : *array) {
        const auto value =
            item.is_string() ? parse(item.template get<std::string>()) : std::optional<Value>();
        if (!value) {
            throw reader.wrong(key, item.dump() + " is not " + what);
        }
        list->push_back(*value);
    }
    return list;
}

} // namespace ocinet::oci
