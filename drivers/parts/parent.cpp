// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers/parts/parent.h"

#include <linux/if_ether.h>

#include <algorithm>
#include <climits>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"

namespace ocinet::drivers {

namespace {

constexpr unsigned most_vlan = 4094; // IEEE 802.1Q: 4095 is reserved

Error about(const Request& request, const std::string& name, const std::string& problem) {
    return Error(label(request) + ": interface " + name + " " + problem);
}

// eth0.50: 50.
unsigned vlan_of(const Request& request, const std::string& name) {
    const std::string number = name.substr(name.rfind('.') + 1);
    const auto vlan = parse_number(number, 1, most_vlan);
    if (!vlan) {
        throw about(request, name, "is not there, and \"" + number + "\" is no VLAN's number")
            .hint("a VLAN has a number from 1 to 4094");
    }
    return unsigned(*vlan);
}

// A sub-interface for others' tags inside its own must have been made for that.
void check_found(const Request& request, const HostView::Parent& parent, bool is_outer) {
    const link::Link& found = *parent.link;
    const bool is_ours = found.alias == link_alias("", parent.name);
    if (is_ours && found.tag && (found.tag->protocol == ETH_P_8021AD) != is_outer) {
        throw about(request, parent.name,
                    std::string("tags as 802.1") + (is_outer ? "Q" : "ad") +
                        " for other containers")
            .hint("a VLAN of an interface is either one, or a provider's with others inside");
    }
}

} // namespace

HostQuery::Parent wanted_parent(const Request& request, const std::string& as) {
    const oci::Network& network = request.network;
    if (network.vlan != 0 && !network.interface.empty() &&
        !is_interface_name(network.interface + "." + std::to_string(network.vlan))) {
        throw Error(label(request) + ": no interface can be called " + network.interface + "." +
                    std::to_string(network.vlan))
            .hint("make the sub-interface under a shorter name, and name it: network_interface");
    }
    return {.name = network.interface, .vlan = network.vlan, .as = as};
}

const link::Link& found_parent(const Request& request, const HostView& view) {
    const HostView::Parent& wanted = view.parents.front();
    const HostView::Parent& base = view.parents.back();
    if (!base.link) {
        const bool is_it = view.parents.size() == 1;
        throw about(request, wanted.name,
                    "is not there" + (is_it ? "" : ", nor " + base.name + " to make it on"));
    }
    const link::Link& found = *base.link;
    if (found.loopback) {
        throw about(request, base.name, "is the loopback: nothing is behind it");
    }
    if (found.master != 0) {
        throw about(request, base.name, "is a port of another interface, which takes its packets")
            .hint("name that other interface, a bridge or bond, as the network's parent");
    }
    if (found.kind == "macvlan" || found.kind == "ipvlan") {
        throw about(request, base.name, "stands on another one itself")
            .hint("name that one, on which the kernel would put the containers, too");
    }
    if (!found.up) {
        throw about(request, base.name, "is down").hint("ip link set dev " + base.name + " up");
    }
    const unsigned most = parent_mtu(view);
    if (request.network.mtu && *request.network.mtu > most) {
        throw Error(label(request) + ": mtu " + std::to_string(*request.network.mtu) +
                    " is more than that of " + wanted.name + ", " + std::to_string(most));
    }
    return found;
}

// A sub-interface keeps the one that it was made with when its parent's grows.
unsigned parent_mtu(const HostView& view) {
    unsigned least = UINT_MAX;
    for (const auto& parent : view.parents) {
        least = parent.link ? std::min(least, parent.link->mtu) : least;
    }
    return least;
}

// From below, each on the one before. The host's own are used as they are, and never removed.
std::string add_parent(Plan& plan, const Request& request, const HostView& view,
                       NameSource& names) {
    for (auto parent = view.parents.rbegin(); parent != view.parents.rend(); ++parent) {
        const bool is_outer = parent + 1 != view.parents.rend();
        const bool is_ours = parent->link && parent->link->alias == link_alias("", parent->name);
        if (parent->link) {
            check_found(request, *parent, is_outer);
        }
        if (parent->link && !is_ours) {
            continue;
        }
        plan.shared.push_back(
            {label(request),
             ops::EnsureVlan{.parent = parent->name.substr(0, parent->name.rfind('.')),
                             .name = parent->name,
                             .temporary = names.link_name(),
                             .vlan = vlan_of(request, parent->name),
                             .is_outer = is_outer,
                             .found = parent->link.has_value()}});
    }
    return view.parents.front().name;
}

} // namespace ocinet::drivers
