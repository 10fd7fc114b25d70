// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/settings.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>

#include "netsetup/base/file.h"
#include "netsetup/base/names.h"
#include "netsetup/base/text.h"
#include "oci-config/json.h"

namespace ocinet::oci {

namespace {

constexpr std::size_t max_settings_file = 1 << 20;

std::optional<std::string> parse_network_name(const std::string& text) {
    return is_network_name(text) ? std::optional(text) : std::nullopt;
}

std::optional<Prefix> parse_addresses(const std::string& text) {
    if (const auto address = IpAddress::parse(text)) {
        return Prefix{*address, address->bits()};
    }
    const auto prefix = Prefix::parse(text);
    return prefix && prefix->address == prefix->network() ? prefix : std::nullopt;
}

std::optional<Settings::PortRange> read_port_range(ObjectReader& reader) {
    const std::string key = "port_range";
    const auto text = reader.text(key);
    if (!text) {
        return std::nullopt;
    }
    const auto ends = split(*text, '-');
    const auto first = parse_number(ends.front(), 1, 65535);
    const auto last = parse_number(ends.back(), 1, 65535);
    if (ends.size() != 2 || !first || !last || *last < *first) {
        throw reader.wrong(key, "\"" + *text + "\" is not a range of ports like 1024-65535");
    }
    return Settings::PortRange{std::uint16_t(*first), std::uint16_t(*last)};
}

std::string text_of(const Prefix& prefix) {
    return prefix.length == prefix.address.bits() ? prefix.address.text() : prefix.text();
}

void check_network(const Settings& settings, const std::string& name) {
    const auto& allowed = *settings.networks;
    if (std::find(allowed.begin(), allowed.end(), name) == allowed.end()) {
        throw Error("network \"" + name + "\" is not allowed by " + settings.file)
            .hint(allowed.empty() ? "its \"networks\" allows none"
                                  : "allowed are: " + join(allowed, ", "));
    }
}

void check_address(const Settings& settings, const PortMapping& port) {
    const auto& allowed = *settings.host_addresses;
    // 0.0.0.0 in the list, or ::, stands for all addresses of both families.
    const bool whole = !port.host_address || port.host_address->is_any();
    const auto fits = [&](const Prefix& prefix) {
        return whole ? prefix.address.is_any() : prefix.contains(*port.host_address);
    };
    if (std::none_of(allowed.begin(), allowed.end(), fits)) {
        std::vector<std::string> texts(allowed.size());
        std::transform(allowed.begin(), allowed.end(), texts.begin(), text_of);
        throw Error("published port " + port.text() + ": " + settings.file +
                    " does not allow to publish on " +
                    (whole ? "all addresses" : port.host_address->text()))
            .hint(texts.empty() ? "its \"host_addresses\" allows none"
                                : "allowed are: " + join(texts, ", "));
    }
}

void check_port(const Settings& settings, const PortMapping& port) {
    const auto& range = *settings.port_range;
    // A port that will be chosen is chosen from the range.
    if (port.host_port != 0 &&
        (port.host_port < range.first || port.host_port + port.count - 1 > range.last)) {
        throw Error("published port " + port.text() + ": " + settings.file + " allows ports " +
                    std::to_string(range.first) + "-" + std::to_string(range.last));
    }
}

} // namespace

Settings parse_settings(const std::string& text, const std::string& file) {
    const auto json = parse_json(text, file);
    ObjectReader reader(json, file);
    Settings settings{.file = file};
    settings.image_requests = reader.boolean("image_requests").value_or(false);
    settings.networks = read_list(reader, "networks", "a network's name", parse_network_name);
    settings.host_addresses = read_list(
        reader, "host_addresses", "an address, or a prefix like 192.0.2.0/24", parse_addresses);
    settings.port_range = read_port_range(reader);
    settings.host = reader.boolean("host").value_or(false);
    settings.host_name = reader.text("host_name").value_or("");
    reader.refuse_unknown();
    return settings;
}

Settings load_settings(const std::string& file) {
    const auto text = read_file(file, max_settings_file);
    return text ? parse_settings(*text, file) : Settings{.file = file};
}

std::string own_name(const Settings& settings) {
    if (!settings.host_name.empty()) {
        return settings.host_name;
    }
    std::array<char, HOST_NAME_MAX + 1> name{};
    if (::gethostname(name.data(), name.size()) != 0) {
        throw_errno("gethostname");
    }
    return name.data();
}

void check_allowed(const Settings& settings, const ContainerRequest& request) {
    for (const auto& attachment : request.attachments) {
        if (settings.networks) {
            check_network(settings, attachment.network);
        }
    }
    for (const auto& port : request.publish) {
        if (settings.host_addresses) {
            check_address(settings, port);
        }
        if (settings.port_range) {
            check_port(settings, port);
        }
    }
}

} // namespace ocinet::oci
