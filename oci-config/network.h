// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "netsetup/base/address.h"
#include "oci-config/annotations.h"
#include "oci-config/conflist.h"
#include "oci-config/overlay.h"
#include "oci-config/subnet.h"

namespace ocinet::oci {

struct Route {
    enum class Type { unicast, blackhole, unreachable, prohibit };

    Prefix destination;
    /// Only unicast routes have one.
    std::optional<IpAddress> gateway;
    /// 0: the kernel's default.
    std::uint32_t metric = 0;
    Type type = Type::unicast;

    bool operator==(const Route&) const = default;
};

/// As ip(8) and the files call it.
const char* name_of(Route::Type type);

/// The option `isolate`: how far a network is shut to the other networks of this host.
enum class Isolation {
    /// false: open to those that are open, too.
    open,
    /// true: only published ports are reached, from either side.
    closed,
    /// Not even those.
    strict,
};

/// A network that containers can be attached to: a file /etc/ocinet/networks/NAME.json with the
/// field names of Podman's network files (containers-common, netavark), or a built-in one.
struct Network {
    std::string name;
    std::string driver = "bridge";
    /// The bridge; by default derived from the network's name. Of macvlan and ipvlan the parent:
    /// the host's interface on which the containers' stand; empty for that of the default route.
    std::string interface;
    std::vector<Subnet> subnets;
    std::vector<Route> routes;
    /// No way out: no default route, no masquerade, no published ports.
    bool internal = false;

    /// Nothing: the smaller of 1500 and what the interface of the host's default route has.
    std::optional<unsigned> mtu;
    /// False: an operator's bridge, of which a container's link becomes a port, and nothing else.
    bool managed = true;
    /// The VLAN of the bridge that its containers are in; 0: the bridge knows of none. Of macvlan
    /// and ipvlan: that of the parent's sub-interface; 0: the parent itself.
    unsigned vlan = 0;
    /// Of macvlan and ipvlan, as ip(8) names them.
    std::string mode;
    /// Of ipvlan: bridge, private or vepa.
    std::string flag;
    /// Of macvlan: from how many receivers on a broadcast is queued (bclim); -1: never.
    std::optional<std::int32_t> broadcast_limit;
    /// Who gives the containers' addresses.
    enum class Ipam { leases, fixed, dhcp, none };
    Ipam ipam = Ipam::leases;
    /// Routers' advertisements give its containers IPv6 addresses and routes (RFC 4862).
    bool slaac = false;
    Isolation isolation = Isolation::closed;
    /// Containers of the network reach each other's addresses.
    bool icc = true;
    /// Containers reach the host's own services. Of macvlan: and the host them, by an interface of
    /// its own on the parent.
    bool host_access = true;
    /// What a container sends bears its own MAC and IP addresses.
    bool spoof_check = true;
    /// Of the default route; 0: the kernel's default. Of several networks the one with the lowest
    /// gives the default route.
    std::uint32_t metric = 0;
    bool no_default_route = false;
    /// The address that stands for the containers' on the way out, instead of the interface's.
    std::optional<IpAddress> outbound_addr4;
    std::optional<IpAddress> outbound_addr6;

    /// Of the driver overlay; of the driver cni.
    std::optional<Overlay> overlay;
    std::optional<Conflist> conflist;
    /// Of the driver netavark-plugin: its program's name, and the network as it is told of it, as
    /// JSON.
    struct NetavarkPlugin {
        std::string name;
        std::string definition;
    };
    std::optional<NetavarkPlugin> netavark;
    /// Of the driver docker-plugin: the names of the plugin, and of the one that gives the
    /// addresses, or empty; and as JSON what each is told of the network.
    struct DockerPlugin {
        std::string name;
        std::string ipam;
        std::string options;
        std::string ipam_options = "{}";
        /// Of each subnet the gateway, if the file names it.
        std::vector<std::optional<IpAddress>> gateways;
    };
    std::optional<DockerPlugin> docker;

    /// What its containers have is for plugins to say.
    bool is_unknown() const {
        return conflist || (netavark && subnets.empty()) ||
               (docker && (subnets.empty() || !docker->ipam.empty()));
    }
    /// Its containers have addresses of the family, but for those that routers give. Where that is
    /// not known before: of both.
    bool has(int family) const;
    /// Its containers stand on the network of an interface of the host's, not behind the host.
    bool is_on_parent() const { return driver == "macvlan" || driver == "ipvlan"; }
};

/// `oc-NAME`, or what fits: what a network's link on the host is called where nobody says.
/// `prefix`, of three characters: of another link of the network's.
std::string default_interface(const std::string& network, const std::string& prefix = "oc-");

/// `bridge`, `host` and `none` exist without a file; a file bridge.json replaces the built-in one.
std::optional<Network> built_in_network(const std::string& name);

/// Every key is implemented, harmless, or an Error that names file and key.
Network parse_network(const std::string& text, const std::string& name, const std::string& file);

/// The network's file below `directory`, completed where it leaves something open (overlay.h), else
/// the built-in one; throws Error when there is neither.
Network load_network(const std::string& name, const std::string& directory);

/// The network of each attachment, in their order.
std::vector<Network> load_networks(const std::vector<Attachment>& attachments,
                                   const std::string& directory);

} // namespace ocinet::oci
