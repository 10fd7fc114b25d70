// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers/parts/bridged.h"

#include <sys/socket.h>

#include <algorithm>

#include "drivers/parts/addresses.h"
#include "drivers/parts/container_link.h"
#include "drivers/parts/forwarding.h"
#include "drivers/parts/hosts.h"
#include "drivers/parts/isolation.h"
#include "drivers/parts/publish.h"
#include "netsetup/base/error.h"

namespace ocinet::drivers {

namespace {

using Found = ops::EnsureBridge::Found;

constexpr unsigned most_mtu = 1500;

// A frame that a bridge keeps for its host reaches it by way of the port, past the filters of
// bridges, and moves a neighbour's address. Pause frames, which no bridge forwards, are dropped.
constexpr std::uint16_t all_but_pause = 0xfffd;

void refuse_contradictions(const Request& request) {
    const oci::Network& network = request.network;
    if (!request.publish.empty() && network.internal) {
        throw Error(label(request) + ": the network is internal: no port of it can be published");
    }
    if (!request.publish.empty() && !network.managed) {
        throw Error(label(request) + ": no port of an unmanaged network can be published")
            .hint("its containers are reached at their own addresses");
    }
    refuse_bad_routes(request);
}

// Where nobody asks for one, a bridge that is there keeps the one that its containers have.
unsigned mtu_of(const Request& request, const HostView& view, const Beyond& beyond) {
    if (beyond.mtu) {
        return *beyond.mtu;
    }
    if (request.network.mtu) {
        return *request.network.mtu;
    }
    if (view.bridge) {
        return view.bridge->mtu;
    }
    return std::min(most_mtu, view.default_route_mtu.value_or(most_mtu));
}

// The one by which neighbours know the network's gateway.
Mac bridge_mac(const Request& request) {
    return mac_of(request.network.subnets.front().gateway);
}

std::vector<Prefix> bridge_addresses(const oci::Network& network) {
    std::vector<Prefix> addresses;
    for (const auto& subnet : network.subnets) {
        addresses.push_back({subnet.gateway, subnet.subnet.length});
    }
    return addresses;
}

// What all containers of a network must agree on, in a few characters. Who changed the network's
// file while containers use it would change it under them, and what the last of them takes away
// would not be what the first one made.
std::string definition_of(const Request& request) {
    const oci::Network& network = request.network;
    std::string text = network.interface;
    for (const auto& address : bridge_addresses(network)) {
        text += " " + address.text();
    }
    for (const auto& element : network_elements(request)) {
        text += " " + nft::add_line(element);
    }
    if (network.mtu) {
        text += " mtu " + std::to_string(*network.mtu);
    }
    if (network.vlan != 0) {
        text += " vlan " + std::to_string(network.vlan);
    }
    if (network.overlay) {
        text += " vni " + std::to_string(network.overlay->vni) + " port " +
                std::to_string(network.overlay->port);
        if (network.overlay->control == oci::Overlay::Control::evpn) {
            text += " evpn";
        }
    }
    return std::to_string(stable_hash(text));
}

ops::EnsureBridge wanted_bridge(const Request& request, unsigned mtu, NameSource& names) {
    const oci::Network& network = request.network;
    return {.network = network.name,
            .name = network.interface,
            .temporary = names.link_name(),
            .mac = bridge_mac(request),
            .mtu = mtu,
            .addresses = bridge_addresses(network),
            .ipv6 = network.has(AF_INET6),
            .routed = network.has(AF_INET) && !network.internal,
            .vlan = network.vlan};
}

// What of the wanted bridge is there. A bridge that is not ours is never touched.
Found found_bridge(const Request& request, const ops::EnsureBridge& wanted, const HostView& view) {
    if (!view.bridge) {
        return Found::absent;
    }
    const link::Link& found = *view.bridge;
    if (found.alias != link_alias("", wanted.network) || found.kind != "bridge") {
        throw Error(label(request) + ": the host has an interface " + wanted.name +
                    " already, which is not this network's")
            .hint("give the network another name for its bridge: network_interface");
    }
    const auto has = [&](const Prefix& address) {
        return std::find(view.bridge_addresses.begin(), view.bridge_addresses.end(), address) !=
               view.bridge_addresses.end();
    };
    const bool complete =
        found.up && found.mac == wanted.mac && found.mtu == wanted.mtu &&
        link::ipv6_problem(found, wanted.ipv6).empty() && (found.forwards_ipv4 || !wanted.routed) &&
        found.route_localnet == wanted.routed && ops::has_vlan(found, wanted.vlan) &&
        std::all_of(wanted.addresses.begin(), wanted.addresses.end(), has);
    return complete ? Found::complete : Found::incomplete;
}

void require_operators_bridge(const Request& request, const HostView& view) {
    if (!view.bridge || view.bridge->kind != "bridge") {
        throw Error(label(request) + ": there is no bridge " + request.network.interface)
            .hint("an unmanaged network needs a bridge that is there already");
    }
    if (request.network.vlan != 0 && !view.bridge->filters_vlans) {
        throw Error(label(request) + ": the bridge " + request.network.interface +
                    " does not keep VLANs apart")
            .hint("ip link set dev " + request.network.interface + " type bridge vlan_filtering 1");
    }
}

// One plan in the making.
class BridgePlan {
public:
    BridgePlan(const Request& request, const HostView& view, const Beyond& beyond)
        : request_(request), view_(view), beyond_(beyond), names_(request.seed),
          addresses_(found_addresses(request, view)), ports_(chosen_ports(request, view)),
          mac_(request.attachment.mac.value_or(mac_of(addresses_.front().address))) {}

    Plan make() {
        take_addresses(plan_, request_, addresses_);
        if (request_.network.managed) {
            ensure_network();
        } else {
            require_operators_bridge(request_, view_);
        }
        create_link();
        configure_link(plan_, request_, addresses_);
        publish(plan_, request_, ports_, addresses_);
        if (beyond_.advertised) {
            advertise();
        }
        announce();
        add_hosts(plan_, request_, view_, addresses_);
        plan_.attached.push_back(attached());
        return std::move(plan_);
    }

private:
    void share(Operation operation) {
        plan_.shared.push_back({label(request_), std::move(operation)});
    }
    void own(Operation operation) { plan_.own.push_back({label(request_), std::move(operation)}); }

    void ensure_network() {
        share(ops::EnsurePolicy{.loaded = view_.policy_version == nft::policy_version,
                                .file = request_.policy_file,
                                .lost = view_.lost});
        for (const int family : {AF_INET, AF_INET6}) {
            if (request_.network.has(family) && !request_.network.internal) {
                share(wanted_forwarding(view_, family));
            }
        }
        ops::EnsureBridge bridge =
            wanted_bridge(request_, mtu_of(request_, view_, beyond_), names_);
        bridge.found = found_bridge(request_, bridge, view_);
        share(std::move(bridge));
        // Before any container's link: at no time has a bridge a port without the rules for it.
        share(ops::ShareElements{.network = request_.network.name,
                                 .elements = network_elements(request_),
                                 .definition = definition_of(request_),
                                 .in_use = view_.network_in_use});
        if (beyond_.behind_bridge) {
            for (auto& operation : beyond_.behind_bridge(names_)) {
                share(std::move(operation));
            }
        }
    }

    // A name that the user chose is taken under the locks under which it was found to be free.
    void create_link() {
        const std::string& chosen = request_.attachment.host_interface;
        ops::CreateVeth veth{.temporary = names_.link_name(),
                             .mac = host_end_mac_of(addresses_.front().address),
                             .alias = link_alias(request_.container_id, request_.network.name),
                             .bridge = request_.network.interface,
                             .mtu = mtu_of(request_, view_, beyond_),
                             .group_fwd_mask =
                                 request_.network.managed ? all_but_pause : std::uint16_t(0),
                             .peer = request_.attachment.interface,
                             .peer_mac = mac_};
        veth.name = host_interface_ = chosen.empty() ? veth.temporary : chosen;
        auto& steps = chosen.empty() ? plan_.own : plan_.shared;
        if (request_.network.managed) {
            own_port_elements(steps);
        }
        steps.push_back({label(request_), std::move(veth)});
        // All ports of a bridge of ours are in its VLAN from the start.
        if (!request_.network.managed && request_.network.vlan != 0) {
            steps.push_back({label(request_), ops::AccessVlan{.link = host_interface_,
                                                              .bridge = request_.network.interface,
                                                              .vlan = request_.network.vlan,
                                                              .left = view_.bridge->default_vlan}});
        }
    }

    void own_port_elements(std::vector<Step>& steps) {
        auto elements = port_elements(request_, {.name = host_interface_,
                                                 .mac = mac_,
                                                 .addresses = addresses_,
                                                 .bridge = bridge_mac(request_)});
        if (!elements.empty()) {
            steps.push_back({label(request_), ops::OwnElements{std::move(elements)}});
        }
    }

    void advertise() {
        ops::AdvertiseContainer op{
            .bridge = request_.network.interface, .port = host_interface_, .mac = mac_};
        for (const auto& step : plan_.shared) {
            if (const auto* lease = std::get_if<ops::TakeAddress>(&step.operation)) {
                op.leases.push_back(*lease);
            }
        }
        own(std::move(op));
    }

    void announce() {
        ops::AnnounceAddress op{.way = {host_interface_, request_.network.interface},
                                .interface = request_.attachment.interface,
                                .mac = mac_};
        for (const auto& address : addresses_) {
            op.addresses.push_back(address.address);
        }
        own(std::move(op));
    }

    Attached attached() const {
        Attached attached = summary(request_, addresses_, mac_);
        attached.host_interface = host_interface_;
        attached.ports = published_texts(ports_);
        return attached;
    }

    const Request& request_;
    const HostView& view_;
    const Beyond& beyond_;
    NameSource names_;
    std::vector<Prefix> addresses_;
    std::vector<Publication> ports_;
    Mac mac_;
    std::string host_interface_;
    Plan plan_;
};

} // namespace

HostQuery query_bridged(const Request& request) {
    refuse_contradictions(request);
    const oci::Network& network = request.network;
    const bool routed = network.managed && !network.internal;
    std::string ignored;
    HostQuery query{.addresses = wanted_addresses(request),
                    .ports = wanted_ports(request),
                    .network = network.name,
                    .bridge = network.interface,
                    .new_link = request.attachment.host_interface,
                    .firewall = network.managed,
                    .forwarding4 = routed && network.has(AF_INET),
                    .forwarding6 = routed && network.has(AF_INET6),
                    .mtu = network.managed && !network.mtu,
                    .hosts_file = writable_hosts_file(request, ignored)};
    if (network.managed) {
        query.definition = definition_of(request);
        for (const auto& subnet : network.subnets) {
            query.subnets.push_back(subnet.subnet);
        }
    }
    return query;
}

Plan plan_bridged(const Request& request, const HostView& view, const Beyond& beyond) {
    return BridgePlan(request, view, beyond).make();
}

} // namespace ocinet::drivers
