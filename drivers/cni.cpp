// SPDX-License-Identifier: GPL-2.0-or-later
// The network driver "cni": plugins of the Container Network Interface make the container's
// interface, whatever it is (CNI specification 1.1).
#include <cctype>
#include <nlohmann/json.hpp>

#include "drivers/driver.h"
#include "drivers/parts/plugin_directories.h"
#include "drivers/parts/publish.h"
#include "netsetup/base/error.h"
#include "netsetup/base/text.h"

namespace ocinet::drivers {

namespace {

using nlohmann::json;

const oci::Conflist& list_of(const Request& request) {
    return *request.network.conflist;
}

// Of each family that it may be reached by, and of both without an address of the host's; a
// mapping for each port, as the plugin portmap has it.
json port_mappings(const std::vector<Publication>& ports) {
    json mappings = json::array();
    for (const auto& publication : ports) {
        const oci::PortMapping& port = publication.port;
        for (unsigned i = 0; i < port.count; ++i) {
            json mapping{{"hostPort", port.host_port + i},
                         {"containerPort", port.container_port + i},
                         {"protocol", port.protocol}};
            if (port.host_address) {
                mapping["hostIP"] = port.host_address->text();
            }
            mappings.push_back(std::move(mapping));
        }
    }
    return mappings;
}

// What the container asks for, by the names of the capabilities (CNI conventions, "Dynamic plugin
// specific fields").
json wanted_capabilities(const Request& request, const std::vector<Publication>& ports) {
    json wanted = json::object();
    if (!ports.empty()) {
        wanted["portMappings"] = port_mappings(ports);
    }
    for (const auto& address : request.attachment.addresses) {
        wanted["ips"].push_back(address.text());
    }
    if (request.attachment.mac) {
        wanted["mac"] = request.attachment.mac->text();
    }
    return wanted;
}

const char* option_for(const std::string& capability) {
    return capability == "portMappings" ? "io.ocinet.publish"
           : capability == "ips"        ? "ip="
                                        : "mac=";
}

// In silence nothing of it would come true.
void refuse_what_no_plugin_takes(const Request& request, const json& wanted) {
    for (const auto& [capability, value] : wanted.items()) {
        bool taken = false;
        for (const auto& plugin : list_of(request).plugins) {
            taken = taken || plugin.takes(capability);
        }
        if (!taken) {
            throw Error(label(request) + ": " + option_for(capability) +
                        " means nothing here: no plugin of it takes " + capability)
                .hint(R"(one that does says so in the list: "capabilities": {")" + capability +
                      R"(": true})");
        }
    }
}

std::string config_for(const oci::Conflist::Plugin& plugin, const json& wanted) {
    json config = json::parse(plugin.config);
    for (const auto& [capability, value] : wanted.items()) {
        if (plugin.takes(capability)) {
            config["runtimeConfig"][capability] = value;
        }
    }
    return config.dump();
}

std::string found_program(const Request& request, const HostView& view, std::size_t index) {
    if (view.plugins.at(index).empty()) {
        throw Error(label(request) + ": there is no plugin " + list_of(request).plugins[index].type)
            .hint("looked for in " + join(cni_directories(), ", ") +
                  "; many are in the package containernetworking-plugins");
    }
    return view.plugins[index];
}

void add_plugins(Plan& plan, const Request& request, const HostView& view, const json& wanted) {
    const oci::Conflist& list = list_of(request);
    for (std::size_t i = 0; i < list.plugins.size(); ++i) {
        plan.own.push_back(
            {label(request),
             ops::CniPlugin{.container = request.container_id,
                            .interface = request.attachment.interface,
                            .program = found_program(request, view, i),
                            .config = config_for(list.plugins[i], wanted),
                            .first = i == 0,
                            .has_status = oci::has_gc_and_status(list.version),
                            .has_check = list.checks && oci::has_check(list.version)}});
    }
}

// As the specification has it, which allows fewer characters than runtimes do: a plugin would
// refuse to take back what it refused to make.
void refuse_container_id(const Request& request) {
    const auto& id = request.container_id;
    if (id.find_first_of("+,") != std::string::npos ||
        std::isalnum(static_cast<unsigned char>(id.front())) == 0) {
        throw Error(label(request) + ": \"" + id + "\" is no container's id to CNI plugins")
            .hint("letters, digits, '_.-', with a letter or digit in front");
    }
}

} // namespace

HostQuery query_cni(const Request& request) {
    refuse_container_id(request);
    if (!request.attachment.host_interface.empty()) {
        throw Error(label(request) + ": host_interface_name= means nothing here");
    }
    HostQuery query{.ports = wanted_ports(request), .plugin_directories = cni_directories()};
    for (const auto& plugin : list_of(request).plugins) {
        query.plugins.push_back(plugin.type);
    }
    return query;
}

Plan plan_cni(const Request& request, const HostView& view) {
    Plan plan;
    const auto ports = chosen_ports(request, view);
    const json wanted = wanted_capabilities(request, ports);
    refuse_what_no_plugin_takes(request, wanted);
    claim(plan, request, ports);
    plan.own.push_back({label(request), ops::RaiseLoopback{}});
    add_plugins(plan, request, view, wanted);
    plan.attached.push_back({.network = request.network.name,
                             .driver = request.network.driver,
                             .interface = request.attachment.interface,
                             .ports = published_texts(ports)});
    return plan;
}

} // namespace ocinet::drivers
