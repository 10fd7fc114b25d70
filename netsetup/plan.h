// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "netsetup/operation.h"
#include "netsetup/ops/access_vlan.h"
#include "netsetup/ops/advertise.h"
#include "netsetup/ops/announce.h"
#include "netsetup/ops/bridge.h"
#include "netsetup/ops/cni_plugin.h"
#include "netsetup/ops/container_link.h"
#include "netsetup/ops/dhcp_client.h"
#include "netsetup/ops/docker_endpoint.h"
#include "netsetup/ops/docker_network.h"
#include "netsetup/ops/endpoints.h"
#include "netsetup/ops/forwarding.h"
#include "netsetup/ops/host_link.h"
#include "netsetup/ops/hosts_file.h"
#include "netsetup/ops/lease.h"
#include "netsetup/ops/netavark_plugin.h"
#include "netsetup/ops/own_elements.h"
#include "netsetup/ops/policy.h"
#include "netsetup/ops/publish.h"
#include "netsetup/ops/upper_link.h"
#include "netsetup/ops/use_parent.h"
#include "netsetup/ops/veth.h"
#include "netsetup/ops/vlan.h"
#include "netsetup/ops/vxlan.h"

namespace ocinet {

/// Any of the structs in ops/. A new one is added here, and nowhere else.
using Operation =
    std::variant<ops::TakeAddress, ops::TakePorts, ops::EnsurePolicy, ops::EnableForwarding,
                 ops::EnsureBridge, ops::ShareElements, ops::OwnElements, ops::CreateVeth,
                 ops::AccessVlan, ops::UseParent, ops::EnsureVlan, ops::EnsureHostLink,
                 ops::AddHostRoute, ops::CreateUpperLink, ops::RaiseLoopback, ops::ConfigureLink,
                 ops::RunDhcpClient, ops::EnsureVxlan, ops::KnowEndpoints, ops::PublishPorts,
                 ops::AdvertiseContainer, ops::AnnounceAddress, ops::AddHosts, ops::CniPlugin,
                 ops::NetavarkPlugin, ops::EnsureDockerNetwork, ops::DockerEndpoint>;

struct Step {
    /// For messages: `network "web" (bridge)`.
    std::string attachment;
    Operation operation;
};

/// What an attachment came to: the hook's answer on stdout.
struct Attached {
    std::string network;
    std::string driver;
    /// In the container; empty where there is none of ours.
    std::string interface;
    std::string host_interface;
    std::string mac;
    std::vector<std::string> addresses;
    /// By which the container's default routes lead; of each family that has one.
    std::vector<std::string> gateways;
    /// As `docker port` writes them: "80/tcp -> 0.0.0.0:8080".
    std::vector<std::string> ports;
};

/// What will be done, all of it chosen: addresses, ports, names. Applied in order, undone in
/// reverse.
struct Plan {
    /// Touches what other containers use, too: under the locks that were held when the host was
    /// looked at, so that the plan still fits.
    std::vector<Step> shared;
    /// Only the container's own: no lock.
    std::vector<Step> own;
    std::vector<Attached> attached;
    /// What was left alone, and why.
    std::vector<std::string> notes;
};

/// What a host has once (its policy, its forwarding, a VLAN's sub-interface) stays in the plan
/// once: where it stands first.
void append(Plan& plan, Plan more);

Description describe(const Operation& operation);
Needs needs(const Operation& operation);
/// What all operations together need.
Needs needs(const Plan& plan);

void to_json(nlohmann::json& json, const Step& step);
void from_json(const nlohmann::json& json, Step& step);
void to_json(nlohmann::json& json, const Attached& attached);
void from_json(const nlohmann::json& json, Attached& attached);
void to_json(nlohmann::json& json, const Plan& plan);
void from_json(const nlohmann::json& json, Plan& plan);

} // namespace ocinet
