// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/config.h"

#include "netsetup/base/file.h"
#include "netsetup/base/text.h"
#include "oci-config/json.h"
#include "oci-config/subnet.h"

namespace ocinet::overlay {

namespace {

constexpr std::size_t largest_file = 1 << 16;

std::optional<std::string> parse_endpoint(const std::string& text) {
    const bool known = text.starts_with("http://") || text.starts_with("https://");
    return known && !text.ends_with('/') ? std::optional(text) : std::nullopt;
}

etcd::Access read_access(oci::ObjectReader& reader) {
    etcd::Access access;
    access.endpoints = oci::read_list(reader, "endpoints", "an address like https://192.0.2.9:2379",
                                      parse_endpoint)
                           .value_or(access.endpoints);
    if (access.endpoints.empty()) {
        throw reader.wrong("endpoints", "one at least is needed");
    }
    access.ca = reader.text("ca").value_or("");
    access.certificate = reader.text("certificate").value_or("");
    access.key = reader.text("key").value_or("");
    if (access.certificate.empty() != access.key.empty()) {
        throw reader.wrong("certificate", "it and \"key\" go together");
    }
    access.user = reader.text("user").value_or("");
    if (const auto file = reader.text("password_file")) {
        const auto text = read_file(*file, largest_file);
        if (!text) {
            throw reader.wrong("password_file", "there is no " + *file);
        }
        access.password = trim(*text);
    }
    if (access.user.empty() != access.password.empty()) {
        throw reader.wrong("user", "it and \"password_file\" go together");
    }
    reader.refuse_unknown();
    return access;
}

std::string read_key_prefix(oci::ObjectReader& reader, const std::string& otherwise) {
    std::string prefix = reader.text("prefix").value_or(otherwise);
    if (!prefix.starts_with('/') || prefix.ends_with('/')) {
        throw reader.wrong("prefix", "\"" + prefix + "\" does not begin with / and end without");
    }
    return prefix;
}

} // namespace

Config parse_config(const std::string& text, const std::string& file) {
    const auto json = oci::parse_json(text, file);
    oci::ObjectReader reader(json, file);
    Config config{.address = oci::read_address(reader, "address")};
    if (config.address.is_any() || config.address.is_loopback() || config.address.is_multicast()) {
        throw reader.wrong("address", config.address.text() + " is no host's");
    }
    const auto* etcd = reader.object("etcd");
    if (!etcd) {
        throw reader.wrong("etcd", "is missing");
    }
    oci::ObjectReader access(*etcd, file + ": etcd");
    config.prefix = read_key_prefix(access, config.prefix);
    config.etcd = read_access(access);
    config.ttl = reader.integer("ttl").value_or(config.ttl);
    if (config.ttl < 3 || config.ttl > 600) {
        throw reader.wrong("ttl", "not between 3 and 600 seconds");
    }
    const auto port = reader.integer("wireguard_port").value_or(config.wireguard_port);
    if (port < 1 || port > UINT16_MAX) {
        throw reader.wrong("wireguard_port", "not between 1 and 65535");
    }
    config.wireguard_port = std::uint16_t(port);
    reader.refuse_unknown();
    return config;
}

Config load_config(const std::string& file) {
    const auto text = read_file(file, largest_file);
    if (!text) {
        throw Error("there is no " + file).hint("docs/overlay.md says what stands in it");
    }
    return parse_config(*text, file);
}

} // namespace ocinet::overlay
