// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/keys.h"

#include "netsetup/base/names.h"
#include "netsetup/base/text.h"
#include "overlay/definition.h"

namespace ocinet::overlay {

namespace {

std::optional<Prefix> parse_block(std::string_view text) {
    const auto dash = text.rfind('-');
    if (dash == std::string_view::npos) {
        return std::nullopt;
    }
    const auto block =
        Prefix::parse(std::string(text.substr(0, dash)) + "/" + std::string(text.substr(dash + 1)));
    return block && block->address == block->network() ? block : std::nullopt;
}

std::optional<Key> parse_host_key(const std::vector<std::string>& parts) {
    if (!is_host_name(parts[1])) {
        return std::nullopt;
    }
    if (parts.size() == 3 && parts[2] == "self") {
        return Key{.kind = Key::Kind::host, .host = parts[1]};
    }
    if (parts.size() == 5 && parts[2] == "containers" && is_network_name(parts[3]) &&
        is_container_id(parts[4])) {
        return Key{.kind = Key::Kind::container,
                   .network = parts[3],
                   .host = parts[1],
                   .container = parts[4]};
    }
    return std::nullopt;
}

} // namespace

std::string to_text(const std::string& prefix, const Key& key) {
    switch (key.kind) {
    case Key::Kind::network: return prefix + "/networks/" + key.network;
    case Key::Kind::vni: return prefix + "/vnis/" + std::to_string(key.vni);
    case Key::Kind::block:
        return prefix + "/blocks/" + key.network + "/" + key.block.address.text() + "-" +
               std::to_string(key.block.length);
    case Key::Kind::host: return prefix + "/hosts/" + key.host + "/self";
    case Key::Kind::container: break;
    }
    return prefix + "/hosts/" + key.host + "/containers/" + key.network + "/" + key.container;
}

namespace {

std::optional<Key> read_key(const std::string& prefix, const std::string& text) {
    if (!text.starts_with(prefix + "/")) {
        return std::nullopt;
    }
    std::vector<std::string> parts;
    for (const auto part : split(std::string_view(text).substr(prefix.size() + 1), '/')) {
        parts.emplace_back(part);
    }
    if (parts.size() < 2) {
        return std::nullopt;
    }
    if (parts[0] == "hosts") {
        return parse_host_key(parts);
    }
    if (parts[0] == "vnis" && parts.size() == 2) {
        const auto vni = parse_number(parts[1], 1, most_vni);
        return vni ? std::optional(Key{.kind = Key::Kind::vni, .vni = std::uint32_t(*vni)})
                   : std::nullopt;
    }
    if (!is_network_name(parts[1])) {
        return std::nullopt;
    }
    if (parts[0] == "networks" && parts.size() == 2) {
        return Key{.kind = Key::Kind::network, .network = parts[1]};
    }
    if (parts[0] == "blocks" && parts.size() == 3) {
        const auto block = parse_block(parts[2]);
        return block ? std::optional(
                           Key{.kind = Key::Kind::block, .network = parts[1], .block = *block})
                     : std::nullopt;
    }
    return std::nullopt;
}

} // namespace

std::optional<Key> parse_key(const std::string& prefix, const std::string& text) {
    const auto key = read_key(prefix, text);
    // One thing has one key: not vnis/095 beside vnis/95.
    return key && to_text(prefix, *key) == text ? key : std::nullopt;
}

} // namespace ocinet::overlay
