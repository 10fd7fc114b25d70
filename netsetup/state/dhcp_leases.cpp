// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/state/dhcp_leases.h"

#include <nlohmann/json.hpp>

#include "netsetup/base/file.h"
#include "netsetup/base/log.h"
#include "netsetup/json.h"

namespace ocinet::state {

namespace {

constexpr std::size_t largest_file = 65536;
constexpr const char* suffix = ".json";

std::string path_of(const std::string& id, const std::string& interface) {
    return dhcp_directory_of(id) + "/" + interface + suffix;
}

void to_json(nlohmann::json& json, const DhcpLease::Route& route) {
    json = {{"destination", route.destination}, {"gateway", member_json(route.gateway)}};
}
void from_json(const nlohmann::json& json, DhcpLease::Route& route) {
    read_member(json, "destination", route.destination);
    read_member(json, "gateway", route.gateway);
}

} // namespace

std::string dhcp_directory_of(const std::string& id) {
    return "dhcp/" + id;
}

std::optional<DhcpLease> read_dhcp_lease(const Directory& directory, const std::string& id,
                                         const std::string& interface) {
    const auto text = read_file(directory.root.get(), path_of(id, interface), largest_file);
    if (!text) {
        return std::nullopt;
    }
    try {
        const auto json = nlohmann::json::parse(*text);
        DhcpLease lease;
        read_member(json, "client", lease.client);
        read_member(json, "heard", lease.heard);
        read_member(json, "address", lease.address);
        for (const auto& route : json.at("routes")) {
            from_json(route, lease.routes.emplace_back());
        }
        read_member(json, "dns_servers", lease.dns_servers);
        read_member(json, "domain", lease.domain);
        read_member(json, "server", lease.server);
        read_member(json, "expires", lease.expires);
        read_member(json, "problem", lease.problem);
        return lease;
    } catch (const std::exception& error) { // whatever stands in it
        log::warning(path_of(id, interface) + ": " + error.what());
        return std::nullopt;
    }
}

std::vector<pid_t> dhcp_clients(const Directory& directory, const std::string& id) {
    std::vector<pid_t> clients;
    for (const auto& file : names_in(directory, dhcp_directory_of(id))) {
        const auto end = file.rfind(suffix);
        const auto lease = end == std::string::npos
                               ? std::nullopt
                               : read_dhcp_lease(directory, id, file.substr(0, end));
        if (lease && is_alive(lease->client)) {
            clients.push_back(lease->client.pid);
        }
    }
    return clients;
}

void create_dhcp_lease(const Directory& directory, const std::string& id,
                       const std::string& interface) {
    make_directory(directory, "dhcp");
    make_directory(directory, dhcp_directory_of(id));
    write_dhcp_lease(directory, id, interface, {});
}

void write_dhcp_lease(const Directory& directory, const std::string& id,
                      const std::string& interface, const DhcpLease& lease) {
    nlohmann::json routes = nlohmann::json::array();
    for (const auto& route : lease.routes) {
        to_json(routes.emplace_back(), route);
    }
    const nlohmann::json json{{"client", lease.client},
                              {"heard", lease.heard},
                              {"address", member_json(lease.address)},
                              {"routes", routes},
                              {"dns_servers", lease.dns_servers},
                              {"domain", lease.domain},
                              {"server", lease.server},
                              {"expires", lease.expires},
                              {"problem", lease.problem}};
    replace_file(directory.root.get(), path_of(id, interface),
                 json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) + "\n", 0640);
}

void remove_dhcp_lease(const Directory& directory, const std::string& id,
                       const std::string& interface) {
    remove_file(directory, path_of(id, interface));
    remove_file(directory, path_of(id, interface) + ".new"); // of a client that was killed
    remove_directory(directory, dhcp_directory_of(id));
}

} // namespace ocinet::state
