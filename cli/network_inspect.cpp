// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet network inspect: all of a network, as `podman network inspect` shows it, and who uses it.
#include <sys/socket.h>

#include <memory>

#include "cli/containers.h"
#include "cli/foreign_networks.h"
#include "cli/networks.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "netsetup/base/file.h"
#include "netsetup/base/log.h"
#include "oci-config/json.h"

namespace ocinet::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t max_network_file = 1 << 20;

Json subnets_json(const oci::Network& network) {
    auto list = Json::array();
    for (const auto& subnet : network.subnets) {
        list.push_back(
            {{"subnet", subnet.subnet.text()},
             {"gateway", subnet.gateway.text()},
             {"lease_range",
              {{"start_ip", subnet.lease_first.text()}, {"end_ip", subnet.lease_last.text()}}}});
    }
    return list;
}

Json routes_json(const oci::Network& network) {
    auto list = Json::array();
    for (const auto& route : network.routes) {
        Json one{{"destination", route.destination.text()}};
        if (route.gateway) {
            one["gateway"] = route.gateway->text();
        }
        one["metric"] = route.metric;
        one["route_type"] = oci::name_of(route.type);
        list.push_back(std::move(one));
    }
    return list;
}

Json containers_json(const std::vector<User>& users) {
    auto containers = Json::object();
    for (const auto& user : users) {
        auto interfaces = Json::object();
        for (const auto& attached : user.attached) {
            interfaces[attached.interface] = {{"addresses", attached.addresses},
                                              {"gateways", attached.gateways},
                                              {"mac_address", attached.mac}};
        }
        containers[user.id] = {{"name", user.name}, {"interfaces", interfaces}};
    }
    return containers;
}

// What the file says in words that mean nothing to us is shown as it stands there.
Json file_json(const KnownNetwork& known) {
    if (known.file.empty()) {
        return Json::object();
    }
    return oci::parse_json(read_file(known.file, max_network_file).value_or("{}"), known.file);
}

Json to_object(const oci::Network& network, const Json& file, const std::vector<User>& users) {
    Json json{{"name", network.name}};
    const auto copy = [&](const char* key) {
        if (file.contains(key)) {
            json[key] = file[key];
        }
    };
    copy("id");
    json["driver"] = network.driver;
    if (!network.interface.empty()) {
        json["network_interface"] = network.interface;
    }
    copy("created");
    json["subnets"] = subnets_json(network);
    json["routes"] = routes_json(network);
    json["ipv6_enabled"] = network.has(AF_INET6);
    json["internal"] = network.internal;
    json["dns_enabled"] = file.value("dns_enabled", false);
    for (const char* key : {"network_dns_servers", "labels", "options", "ipam_options"}) {
        copy(key);
    }
    json["containers"] = containers_json(users);
    return json;
}

void run(const std::vector<std::string>& names) {
    auto users = users_of_networks(read_records());
    const auto podmans = podmans_networks();
    netlink::Socket route = netlink::Socket::open(NETLINK_ROUTE);
    auto all = Json::array();
    bool found_all = true;
    for (const auto& name : names) {
        try {
            const KnownNetwork known = required_network(name);
            if (!known.network) {
                throw Error(known.problem);
            }
            all.push_back(to_object(*known.network, file_json(known), users[name]));
            for (const auto& problem : bridge_problems(*known.network, podmans, route)) {
                log::warning(problem);
            }
        } catch (const Error& error) {
            log::error(error);
            found_all = false;
        }
    }
    print_json(all);
    if (!found_all) {
        throw CLI::RuntimeError(1); // each has been told
    }
}

} // namespace

void add_network_inspect(CLI::App& network) {
    auto names = std::make_shared<std::vector<std::string>>();
    auto* verb = network.add_subcommand("inspect", "Show all of networks, as JSON");
    verb->add_option("name", *names, "The networks' names")->required();
    verb->add_flag_function("--json", [](std::int64_t) {}, "JSON is what is printed anyway");
    verb->callback([names] { run(*names); });
}

} // namespace ocinet::cli
