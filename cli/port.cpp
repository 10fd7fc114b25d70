// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet port: a container's published ports, as `docker port` prints them.
#include <algorithm>
#include <memory>

#include "cli/containers.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "netsetup/base/text.h"

namespace ocinet::cli {

namespace {

struct Options {
    std::string container;
    /// `80` or `80/udp`; or empty.
    std::string port;
    bool json = false;
};

// One port, published on one address.
struct Published {
    std::uint16_t port = 0;
    std::string protocol;
    std::string host_address;
    std::uint16_t host_port = 0;

    std::string text() const { return std::to_string(port) + "/" + protocol; }
    std::string host_text() const { return host_address + ":" + std::to_string(host_port); }
};

struct Range {
    std::uint16_t first;
    std::uint16_t last;
};

std::optional<Range> parse_range(std::string_view text) {
    const auto ends = split(text, '-');
    const auto first = parse_number(ends.front(), 1, 65535);
    const auto last = parse_number(ends.back(), 1, 65535);
    if (ends.size() > 2 || !first || !last || *last < *first) {
        return std::nullopt;
    }
    return Range{std::uint16_t(*first), std::uint16_t(*last)};
}

// `80/tcp -> 0.0.0.0:8080`, or `9000-9002/udp -> [::]:9000-9002`, which is three.
std::vector<Published> parse_published(const std::string& text) {
    const auto arrow = text.find(" -> ");
    const auto slash = text.find('/');
    const auto colon = text.rfind(':');
    if (arrow == std::string::npos || slash > arrow || colon < arrow) {
        throw Error("\"" + text + "\" in a record is no published port");
    }
    const auto inside = parse_range(std::string_view(text).substr(0, slash));
    const auto outside = parse_range(std::string_view(text).substr(colon + 1));
    if (!inside || !outside || outside->last - outside->first != inside->last - inside->first) {
        throw Error("\"" + text + "\" in a record is no published port");
    }
    std::vector<Published> all;
    for (unsigned i = 0; i <= unsigned(inside->last - inside->first); ++i) {
        all.push_back({.port = std::uint16_t(inside->first + i),
                       .protocol = text.substr(slash + 1, arrow - slash - 1),
                       .host_address = text.substr(arrow + 4, colon - arrow - 4),
                       .host_port = std::uint16_t(outside->first + i)});
    }
    return all;
}

std::vector<Published> published_ports(const Record& record) {
    std::vector<Published> all;
    for (const auto& attached : record.plan.attached) {
        for (const auto& text : attached.ports) {
            const auto more = parse_published(text);
            all.insert(all.end(), more.begin(), more.end());
        }
    }
    return all;
}

// As Docker reads it: tcp where no protocol is named.
std::string wanted_port(const std::string& text) {
    const auto slash = text.find('/');
    const auto port = parse_number(std::string_view(text).substr(0, slash), 1, 65535);
    if (!port) {
        throw Error("\"" + text + "\" is no port")
            .hint("a port of the container's, and its protocol: 80, 53/udp");
    }
    return std::to_string(*port) + (slash == std::string::npos ? "/tcp" : text.substr(slash));
}

nlohmann::ordered_json to_object(const Published& one) {
    return {{"port", one.port},
            {"protocol", one.protocol},
            {"host_address", one.host_address},
            {"host_port", one.host_port}};
}

void run(const Options& options) {
    const std::string wanted = options.port.empty() ? "" : wanted_port(options.port);
    auto ports = published_ports(find_record(options.container));
    if (!wanted.empty()) {
        std::erase_if(ports, [&](const Published& one) { return one.text() != wanted; });
    }
    if (!wanted.empty() && ports.empty()) {
        throw Error("container " + options.container + " does not publish port " + wanted);
    }
    auto objects = nlohmann::ordered_json::array();
    for (const auto& one : ports) {
        objects.push_back(to_object(one));
        if (!options.json) {
            print_line(wanted.empty() ? one.text() + " -> " + one.host_text() : one.host_text());
        }
    }
    if (options.json) {
        print_json(objects);
    }
}

} // namespace

void add_port(CLI::App& app) {
    auto options = std::make_shared<Options>();
    auto* verb = app.add_subcommand("port", "Show a container's published ports");
    verb->add_option("container", options->container, "Its id, the beginning of it, or its name")
        ->required();
    verb->add_option("port", options->port, "Only this port of the container's: 80, 53/udp");
    verb->add_flag("--json", options->json, "Print JSON");
    verb->callback([options] { run(*options); });
}

} // namespace ocinet::cli
