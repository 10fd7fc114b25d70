// SPDX-License-Identifier: GPL-2.0-or-later
// The network driver "overlay": a bridge on each of several hosts, which VXLAN tunnels between the
// hosts make one network.
#include <algorithm>
#include <set>

#include "drivers/driver.h"
#include "drivers/parts/addresses.h"
#include "drivers/parts/bridged.h"
#include "netsetup/base/error.h"

namespace ocinet::drivers {

namespace {

using Host = oci::Overlay::Host;
using Found = ops::EnsureVxlan::Found;

// What nobody asks to be less: RFC 8200, section 5, wants it of each link.
constexpr unsigned least_mtu = 1280;
constexpr std::size_t most_endpoints = 4096;

const oci::Overlay& overlay_of(const Request& request) {
    return *request.network.overlay;
}

const Host& this_host(const Request& request) {
    const auto& hosts = overlay_of(request).hosts;
    const auto found = std::find_if(hosts.begin(), hosts.end(), [&](const Host& host) {
        return host.name == request.host_name;
    });
    if (found == hosts.end()) {
        throw Error(label(request) + R"(: its "hosts" name no ")" + request.host_name +
                    "\", which this host is")
            .hint("add it there, or say in ocinet.json what this host is called: host_name");
    }
    return *found;
}

bool has_range_in(const Host& host, const oci::Subnet& subnet) {
    return std::any_of(host.ranges.begin(), host.ranges.end(),
                       [&](const Prefix& range) { return subnet.subnet.contains(range.address); });
}

void refuse_others_address(const Request& request, const Host& self, const IpAddress& address) {
    const auto& granted = request.granted;
    if (oci::gives(self, address) ||
        std::find(granted.begin(), granted.end(), address) != granted.end()) {
        return;
    }
    for (const auto& host : overlay_of(request).hosts) {
        if (oci::gives(host, address)) {
            throw Error(label(request) + ": ip=" + address.text() + ": in the range of host \"" +
                        host.name + "\"");
        }
    }
    const std::string problem = label(request) + ": ip=" + address.text() + ": in no ";
    if (!overlay_of(request).is_completed) {
        throw Error(problem + "host's range");
    }
    throw Error(problem + "block of this host's")
        .hint("when a container starts, etcd is asked for it");
}

// The request to a network whose addresses are this host's alone to give.
Request on_this_host(Request request) {
    const Host& self = this_host(request);
    for (const auto& subnet : request.network.subnets) {
        if (!has_range_in(self, subnet)) {
            throw Error(label(request) + ": host \"" + self.name + "\" has no range in " +
                        subnet.subnet.text());
        }
    }
    for (const auto& address : request.attachment.addresses) {
        refuse_others_address(request, self, address);
    }
    request.ranges = self.ranges;
    return request;
}

std::string vxlan_name(const Request& request) {
    return oci::default_interface(request.network.name, "vx-");
}

// IP, UDP, VXLAN and the Ethernet header inside (RFC 7348, section 5).
unsigned overhead(const IpAddress& local) {
    return (local.is_v4() ? 20 : 40) + 8 + 8 + 14;
}

unsigned mtu_of(const Request& request, const HostView::Underlay& underlay) {
    const unsigned cost = overhead(this_host(request).address);
    const unsigned most = underlay.mtu > cost ? underlay.mtu - cost : 0;
    const unsigned mtu = request.network.mtu.value_or(std::max(most, least_mtu));
    if (mtu > most) {
        throw Error(label(request) + ": its mtu " + std::to_string(mtu) + " does not fit into " +
                    underlay.name + ", whose " + std::to_string(underlay.mtu) + " leave room for " +
                    std::to_string(most));
    }
    return mtu;
}

const HostView::Underlay& required_underlay(const Request& request, const HostView& view) {
    if (overlay_of(request).encrypted &&
        (!view.underlay || view.underlay->name != oci::encrypting_interface)) {
        throw Error(label(request) + ": the network is encrypted, and " +
                    oci::encrypting_interface + " does not have this host's address " +
                    this_host(request).address.text())
            .hint("ocinet-overlay makes it: does it run, and what does it say?");
    }
    if (!view.underlay) {
        const Host& self = this_host(request);
        throw Error(label(request) + ": none of this host's interfaces has the address " +
                    self.address.text())
            .hint((overlay_of(request).is_completed ? "/etc/ocinet/overlay.json says"
                                                    : R"(the network's "hosts" say)") +
                  std::string(" that \"") + self.name + "\" has it");
    }
    return *view.underlay;
}

// Those of the network's first subnet: there the MAC address follows from the address.
void add_range(std::vector<endpoints::Endpoint>& list, const Host& host, const oci::Subnet& subnet,
               const Prefix& range, const std::set<IpAddress>& listed) {
    const IpAddress last = std::min(subnet.lease_last, range.last());
    for (IpAddress address = std::max(subnet.lease_first, range.address);
         address <= last && list.size() <= most_endpoints; address = address.plus(1)) {
        if (address != subnet.gateway && !listed.contains(address)) {
            list.push_back({mac_of(address), host.address, {address}});
        }
    }
}

std::vector<endpoints::Endpoint> endpoints_of(const Request& request, const Host& host) {
    std::vector<endpoints::Endpoint> list;
    std::set<IpAddress> listed;
    for (const auto& one : host.endpoints) {
        list.push_back(
            {one.mac.value_or(mac_of(one.addresses.front())), host.address, one.addresses});
        listed.insert(one.addresses.begin(), one.addresses.end());
    }
    const oci::Subnet& first = request.network.subnets.front();
    for (const auto& range : host.ranges) {
        if (first.subnet.contains(range.address)) {
            add_range(list, host, first, range, listed);
        }
    }
    return list;
}

// All but this host's, where the bridge learns who is there.
std::vector<endpoints::Endpoint> endpoints_elsewhere(const Request& request) {
    std::vector<endpoints::Endpoint> elsewhere;
    std::set<Mac> seen;
    for (const auto& host : overlay_of(request).hosts) {
        for (const auto& endpoint : endpoints_of(request, host)) {
            if (!seen.insert(endpoint.mac).second) {
                throw Error(label(request) + ": two endpoints have the MAC address " +
                            endpoint.mac.text());
            }
            if (host.name != request.host_name) {
                elsewhere.push_back(endpoint);
            }
        }
        if (seen.size() > most_endpoints) {
            throw Error(label(request) + R"(: its "hosts" have more than )" +
                        std::to_string(most_endpoints) + " addresses")
                .hint("give them smaller ranges");
        }
    }
    return elsewhere;
}

Found found_vxlan(const Request& request, const ops::EnsureVxlan& wanted, const HostView& view) {
    if (!view.vxlan) {
        return Found::absent;
    }
    const link::Link& found = *view.vxlan;
    if (found.alias != link_alias("", wanted.network) || found.kind != "vxlan") {
        throw Error(label(request) + ": the host has an interface " + wanted.name +
                    " already, which is not this network's");
    }
    const bool complete = found.up && found.mtu == wanted.mtu && ops::carries(found, wanted) &&
                          view.bridge && found.master == view.bridge->index && ops::is_quiet(found);
    return complete ? Found::complete : Found::incomplete;
}

} // namespace

HostQuery query_overlay(const Request& request) {
    HostQuery query = query_bridged(on_this_host(request));
    query.mtu = false;
    query.underlay = this_host(request).address;
    query.vxlan = vxlan_name(request);
    return query;
}

Plan plan_overlay(const Request& request, const HostView& view) {
    const unsigned mtu = mtu_of(request, required_underlay(request, view));
    const auto tunnels = [&](NameSource& names) {
        const std::string& bridge = request.network.interface;
        ops::EnsureVxlan vxlan{.network = request.network.name,
                               .bridge = bridge,
                               .name = vxlan_name(request),
                               .temporary = names.link_name(),
                               .mac = mac_of("vxlan " + request.network.name),
                               .mtu = mtu,
                               .vni = overlay_of(request).vni,
                               .port = overlay_of(request).port,
                               .local = this_host(request).address,
                               .lower =
                                   overlay_of(request).encrypted ? oci::encrypting_interface : "",
                               .guarded = overlay_of(request).has_peers()};
        vxlan.found = found_vxlan(request, vxlan, view);
        std::vector<Operation> steps{vxlan};
        if (overlay_of(request).control == oci::Overlay::Control::file) {
            steps.emplace_back(ops::KnowEndpoints{
                .tunnel = {.network = vxlan.network, .port = vxlan.port, .vni = vxlan.vni},
                .vxlan = vxlan.name,
                .bridge = bridge,
                .endpoints = endpoints_elsewhere(request),
                .in_use = vxlan.found == Found::complete});
        }
        return steps;
    };
    return plan_bridged(on_this_host(request), view,
                        {.mtu = mtu,
                         .behind_bridge = tunnels,
                         .advertised = overlay_of(request).control == oci::Overlay::Control::evpn});
}

} // namespace ocinet::drivers
