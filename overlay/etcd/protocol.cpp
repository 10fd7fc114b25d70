// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/etcd/protocol.h"

#include <gnutls/gnutls.h>

#include <charconv>
#include <memory>

#include "netsetup/base/error.h"

namespace ocinet::etcd {

namespace {

using Convert = int (*)(const gnutls_datum_t*, gnutls_datum_t*);

std::string converted(std::string_view bytes, Convert convert, const char* what) {
    if (bytes.empty()) {
        return {};
    }
    // It is only read; the library's type knows no const.
    const gnutls_datum_t from{
        const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(bytes.data())),
        unsigned(bytes.size())};
    gnutls_datum_t to{};
    if (const int error = convert(&from, &to); error != GNUTLS_E_SUCCESS) {
        throw Error(std::string(what) + ": " + gnutls_strerror(error));
    }
    const std::unique_ptr<unsigned char, void (*)(void*)> owned(to.data, gnutls_free);
    return {reinterpret_cast<const char*>(to.data), to.size};
}

std::string text(const nlohmann::json& message, const char* key) {
    const auto found = message.find(key);
    return found == message.end() ? "" : found->get<std::string>();
}

} // namespace

std::string encoded(std::string_view bytes) {
    return converted(bytes, gnutls_base64_encode2, "base64");
}

std::string decoded(const std::string& text) {
    return converted(text, gnutls_base64_decode2, "what etcd sent is not base64");
}

std::int64_t number(const nlohmann::json& message, const char* key) {
    const std::string digits = text(message, key);
    std::int64_t value = 0;
    const auto* const end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, value);
    if (!digits.empty() && (read.ec != std::errc() || read.ptr != end)) {
        throw Error("etcd's \"" + std::string(key) + "\" is no number: " + digits);
    }
    return value;
}

std::int64_t revision_of(const nlohmann::json& answer) {
    return number(answer.at("header"), "revision");
}

KeyValue key_value(const nlohmann::json& kv) {
    return {.key = decoded(text(kv, "key")),
            .value = decoded(text(kv, "value")),
            .create_revision = number(kv, "create_revision"),
            .mod_revision = number(kv, "mod_revision"),
            .lease = number(kv, "lease")};
}

std::string end_of(std::string prefix) {
    ++prefix.back();
    return prefix;
}

nlohmann::json put(const std::string& key, const std::string& value, std::int64_t lease) {
    return {{"request_put",
             {{"key", encoded(key)}, {"value", encoded(value)}, {"lease", std::to_string(lease)}}}};
}

nlohmann::json erase(const std::string& key) {
    return {{"request_delete_range", {{"key", encoded(key)}}}};
}

nlohmann::json is_at(const std::string& key, std::int64_t mod_revision) {
    return {{"key", encoded(key)},
            {"target", "MOD"},
            {"result", "EQUAL"},
            {"mod_revision", std::to_string(mod_revision)}};
}

nlohmann::json transaction(nlohmann::json conditions, nlohmann::json operations) {
    return {{"compare", std::move(conditions)}, {"success", std::move(operations)}};
}

bool has_succeeded(const nlohmann::json& answer) {
    return answer.value("succeeded", false);
}

} // namespace ocinet::etcd
