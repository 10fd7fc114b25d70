// SPDX-License-Identifier: GPL-2.0-or-later
// The network driver "netavark-plugin": a plugin of netavark's makes the container's interface,
// with addresses that we lease where the network has subnets (netavark, plugin-API.md).
#include <nlohmann/json.hpp>

#include "drivers/driver.h"
#include "drivers/parts/addresses.h"
#include "drivers/parts/container_link.h"
#include "drivers/parts/plugin_directories.h"
#include "drivers/parts/publish.h"
#include "netsetup/base/error.h"
#include "netsetup/base/text.h"

namespace ocinet::drivers {

namespace {

using nlohmann::json;

json port_mappings(const std::vector<Publication>& ports) {
    json mappings = json::array();
    for (const auto& publication : ports) {
        const oci::PortMapping& port = publication.port;
        mappings.push_back(
            {{"container_port", port.container_port},
             {"host_ip", port.host_address ? port.host_address->text() : std::string()},
             {"host_port", port.host_port},
             {"protocol", port.protocol},
             {"range", port.count}});
    }
    return mappings;
}

std::string input_for(const Request& request, const std::vector<Publication>& ports,
                      const std::vector<Prefix>& addresses) {
    json options{{"interface_name", request.attachment.interface}};
    for (const auto& address : addresses) {
        options["static_ips"].push_back(address.address.text());
    }
    if (request.attachment.mac) {
        options["static_mac"] = request.attachment.mac->text();
    }
    const std::string name =
        request.container_name.empty() ? request.container_id : request.container_name;
    return json{{"container_id", request.container_id},
                {"container_name", name},
                {"port_mappings", port_mappings(ports)},
                {"network", json::parse(request.network.netavark->definition)},
                {"network_options", options}}
        .dump();
}

} // namespace

HostQuery query_netavark_plugin(const Request& request) {
    if (!request.attachment.host_interface.empty()) {
        throw Error(label(request) + ": host_interface_name= means nothing here");
    }
    return {.addresses = wanted_addresses(request),
            .ports = wanted_ports(request),
            .plugins = {request.network.netavark->name},
            .plugin_directories = netavark_directories};
}

Plan plan_netavark_plugin(const Request& request, const HostView& view) {
    if (view.plugins.at(0).empty()) {
        throw Error(label(request) + ": there is no plugin " + request.network.netavark->name)
            .hint("looked for in " + join(netavark_directories, ", "));
    }
    Plan plan;
    const auto ports = chosen_ports(request, view);
    const auto addresses = found_addresses(request, view);
    take_addresses(plan, request, addresses);
    claim(plan, request, ports);
    plan.own.push_back({label(request), ops::RaiseLoopback{}});
    plan.own.push_back(
        {label(request), ops::NetavarkPlugin{.container = request.container_id,
                                             .interface = request.attachment.interface,
                                             .program = view.plugins[0],
                                             .input = input_for(request, ports, addresses)}});
    Attached attached{.network = request.network.name,
                      .driver = request.network.driver,
                      .interface = request.attachment.interface,
                      .ports = published_texts(ports)};
    for (const auto& address : addresses) {
        attached.addresses.push_back(address.text());
    }
    plan.attached.push_back(std::move(attached));
    return plan;
}

} // namespace ocinet::drivers
