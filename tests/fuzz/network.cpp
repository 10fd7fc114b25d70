// SPDX-License-Identifier: GPL-2.0-or-later
// A network's file, and a container of that network.
#include "oci-config/network.h"

#include <nlohmann/json.hpp>

#include "netsetup/base/json_text.h"
#include "netsetup/base/names.h"
#include "tests/fuzz/oracle.h"
#include "tests/fuzz/planned.h"
#include "tests/fuzz/targets.h"

namespace ocinet::fuzz {

namespace {

void check_subnet(const oci::Subnet& subnet) {
    const auto& prefix = subnet.subnet;
    require(prefix.address == prefix.network(), "a subnet has no host bits");
    for (const auto& address : {subnet.gateway, subnet.lease_first, subnet.lease_last}) {
        require(oci::is_host_address(address, prefix), "a host's address lies in its subnet");
    }
    require(subnet.lease_first <= subnet.lease_last, "leases end behind their beginning");
    // state/leases.h counts so.
    for (const auto& address : {subnet.lease_first, subnet.lease_last}) {
        require(prefix.address.plus(address.minus(prefix.address)) == address,
                "a lease is found by its number");
    }
}

// Their names become those of files, and what they read is told to them as it stands.
void check_plugins(const oci::Network& network) {
    if (network.netavark) {
        require(is_network_name(network.netavark->name), "a plugin's name is one");
        require(!parse_object(network.netavark->definition).is_null(), "a plugin is told JSON");
    }
    if (network.docker) {
        for (const auto& name : {network.docker->name, network.docker->ipam}) {
            require(name.empty() || is_network_name(name), "a plugin's name is one");
        }
        for (const auto& text : {network.docker->options, network.docker->ipam_options}) {
            require(!parse_object(text).is_null(), "a plugin is told JSON");
        }
    }
    if (!network.conflist) {
        return;
    }
    require(!network.conflist->plugins.empty(), "a chain has plugins");
    for (const auto& plugin : network.conflist->plugins) {
        require(is_network_name(plugin.type), "a plugin's name is one");
        require(!parse_object(plugin.config).is_null(), "a plugin is told JSON");
    }
}

} // namespace

void fuzz_network(const std::string& input) {
    const auto network = accepted([&] { return oci::parse_network(input, "web", "web.json"); });
    if (!network) {
        return;
    }
    require(network->name == "web", "a network has its file's name");
    const bool may_be_nameless = network->conflist || network->is_on_parent();
    require(is_interface_name(network->interface) ||
                (network->interface.empty() && may_be_nameless),
            "an interface's name is one");
    check_plugins(*network);
    require(network->mtu.value_or(1500) >= 68 && network->mtu.value_or(1500) <= 65535,
            "an MTU is one");
    require(network->vlan <= 4094, "a VLAN is one");
    for (const auto& subnet : network->subnets) {
        check_subnet(subnet);
    }
    const oci::ContainerRequest wanted{.attachments = oci::parse_attachments("web"),
                                       .publish = oci::parse_publish("8080:80,9000-9010:9000-9010"),
                                       .name = "c1"};
    if (const auto plan = accepted([&] { return planned({}, wanted, {*network}); })) {
        check_plan(*plan);
    }
}

} // namespace ocinet::fuzz
