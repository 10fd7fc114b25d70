// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "netsetup/base/error.h"
#include "netsetup/host_view.h"
#include "netsetup/plan.h"
#include "oci-config/annotations.h"
#include "oci-config/bundle.h"
#include "oci-config/network.h"

/// Drivers decide, and do nothing: a driver is a pair of pure functions. `query` says what it must
/// know of the host, `plan` turns that knowledge into operations. Both throw Error for a request
/// that cannot be served; neither makes a system call.
namespace ocinet::drivers {

/// A port published on a network, for the container's address of one family or of both.
struct Publication {
    oci::PortMapping port;
    bool ipv4 = false;
    bool ipv6 = false;
};

/// One attachment of one container.
struct Request {
    std::string container_id;
    /// io.ocinet.name, or empty.
    std::string container_name;
    oci::Network network;
    /// Its interface is named.
    oci::Attachment attachment;
    /// This network gives the container its default route of the family.
    bool default_route4 = true;
    bool default_route6 = true;
    /// Its gateway is what the container calls host.containers.internal.
    bool names_host = true;
    std::vector<Publication> publish;
    /// What the bundle says of hostname and /etc/hosts.
    oci::Bundle bundle;
    /// The container shares the host's network namespace.
    bool in_host_network = false;
    /// Parts of the network's subnets whose addresses are this host's to give; none: all.
    std::vector<Prefix> ranges;
    /// And those that were given to it one by one.
    std::vector<IpAddress> granted;
    /// What the host is called in the files of overlay networks.
    std::string host_name;
    /// Where policy.nft is, for the printed command.
    std::string policy_file;
    /// From which names are drawn.
    std::uint64_t seed = 0;
};

struct Driver {
    const char* name;
    HostQuery (*query)(const Request&);
    Plan (*plan)(const Request&, const HostView&);
};

/// The driver of the request's network; throws Error when there is none of that name, and when a
/// container in the host's network asks for a network of its own.
const Driver& driver_for(const Request& request);

/// `network "web" (bridge)`, for messages.
std::string label(const Request& request);

/// The plan of all attachments of a container, one after the other.
struct Planned {
    Plan plan;
    /// What stands in the way; then the plan is empty.
    std::vector<HostView::Conflict> conflicts;
};

/// `look` answers a query about the host.
Planned plan_all(const std::vector<Request>& requests,
                 const std::function<HostView(const HostQuery&)>& look);

/// The Error for a container that cannot be attached because of `conflicts`.
Error conflict_error(const std::vector<Request>& requests,
                     const std::vector<HostView::Conflict>& conflicts);

#define OCINET_DRIVER(name)                                                                        \
    HostQuery query_##name(const Request& request);                                                \
    Plan plan_##name(const Request& request, const HostView& view);
#include "drivers/drivers.def"
#undef OCINET_DRIVER

} // namespace ocinet::drivers
