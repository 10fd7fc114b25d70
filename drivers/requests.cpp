// SPDX-License-Identifier: GPL-2.0-or-later
// What the attachments of one container have to do with each other: which of them gives the default
// route, where ports are published, what the interfaces are called.
#include "drivers/requests.h"

#include <sys/socket.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace ocinet::drivers {

namespace {

using Requests = std::vector<Request>;

bool has_interface(const oci::Network& network) {
    return network.driver != "none" && network.driver != "host";
}

bool is_way_out(const Request& request, int family) {
    return request.network.has(family) && !request.network.internal &&
           !request.network.no_default_route;
}

// One network gives the default route of a family: the one that the container asks for, else the
// one with the lowest metric, else the first.
Request* default_route_of(Requests& requests, int family) {
    Request* best = nullptr;
    const auto rank = [](const Request& request) {
        return std::tuple(!request.attachment.default_route, request.network.metric);
    };
    for (auto& request : requests) {
        if (is_way_out(request, family) && (!best || rank(request) < rank(*best))) {
            best = &request;
        }
    }
    return best;
}

// Ports are published on the network with the default route, so that answers come back by the way
// that the questions came; without one, on the first network that is reached from outside.
Request* publisher_of(Requests& requests, int family, const Request* default_route) {
    for (auto& request : requests) {
        const bool reachable = request.network.has(family) && !request.network.internal;
        if (default_route ? &request == default_route : reachable) {
            return &request;
        }
    }
    return nullptr;
}

void choose_routes(Requests& requests) {
    const Request* const v4 = default_route_of(requests, AF_INET);
    const Request* const v6 = default_route_of(requests, AF_INET6);
    const Request* const first = v4 ? v4 : v6 ? v6 : &requests.front();
    for (auto& request : requests) {
        // A gateway on a physical network is not this host.
        request.names_host = &request == first && !request.network.is_on_parent();
        request.default_route4 = &request == v4;
        request.default_route6 = &request == v6;
        if (request.attachment.default_route && &request != v4 && &request != v6) {
            throw Error(label(request) + ": default_route: the network has no way out");
        }
    }
}

bool is_for(const oci::PortMapping& port, int family) {
    return !port.host_address || port.host_address->family() == family;
}

// What plugins give is not known: their network takes a mapping that names no host address only
// where no other one does.
bool serves(const Request* publisher, const Request* other, const oci::PortMapping& port,
            int family) {
    const bool is_guess =
        publisher && publisher->network.is_unknown() && other && other != publisher;
    return publisher && is_for(port, family) && (port.host_address || !is_guess);
}

// A mapping that names no host address is for the families that the container has.
void distribute_ports(Requests& requests, const std::vector<oci::PortMapping>& ports) {
    const auto v4 = publisher_of(requests, AF_INET, default_route_of(requests, AF_INET));
    const auto v6 = publisher_of(requests, AF_INET6, default_route_of(requests, AF_INET6));
    for (const auto& port : ports) {
        const bool ipv4 = serves(v4, v6, port, AF_INET);
        const bool ipv6 = serves(v6, v4, port, AF_INET6);
        if (ipv4 && ipv6 && v4 == v6) {
            v4->publish.push_back({port, true, true});
        } else if (ipv4 || ipv6) {
            if (ipv4) {
                v4->publish.push_back({port, true, false});
            }
            if (ipv6) {
                v6->publish.push_back({port, false, true});
            }
        } else if (v4 || v6) {
            throw Error("published port \"" + port.text() + "\": the container has no " +
                        (v4 ? "IPv6" : "IPv4") + " address")
                .hint("publish it on an address of the family that its network has");
        } else {
            requests.front().publish.push_back({port, true, false}); // its driver says why not
        }
    }
}

void name_interfaces(Requests& requests) {
    std::set<std::string> taken;
    for (const auto& request : requests) {
        taken.insert(request.attachment.interface);
    }
    for (auto& request : requests) {
        for (int i = 0; has_interface(request.network) && request.attachment.interface.empty();
             ++i) {
            const std::string name = "eth" + std::to_string(i);
            if (taken.insert(name).second) {
                request.attachment.interface = name;
            }
        }
    }
}

void refuse_overlaps(const Request& one, const Request& other) {
    for (const auto& mine : one.network.subnets) {
        for (const auto& theirs : other.network.subnets) {
            if (mine.subnet.overlaps(theirs.subnet)) {
                throw Error(label(one) + ": its subnet " + mine.subnet.text() + " overlaps " +
                            theirs.subnet.text() + " of network \"" + other.network.name + "\"");
            }
        }
    }
}

void refuse_contradictions(const Requests& requests) {
    for (auto one = requests.begin(); one != requests.end(); ++one) {
        if (!has_interface(one->network) && requests.size() > 1) {
            throw Error(label(*one) + ": goes with no other network");
        }
        for (auto other = requests.begin(); other != one; ++other) {
            refuse_overlaps(*one, *other);
        }
    }
}

} // namespace

std::vector<Request> requests_for(const ContainerFacts& container,
                                  const oci::ContainerRequest& wanted,
                                  const std::vector<oci::Network>& networks) {
    Requests requests;
    for (std::size_t i = 0; i < wanted.attachments.size(); ++i) {
        requests.push_back({.container_id = container.id,
                            .container_name = wanted.name,
                            .network = networks.at(i),
                            .attachment = wanted.attachments[i],
                            .bundle = container.bundle,
                            .in_host_network = container.in_host_network,
                            .granted = container.granted,
                            .host_name = container.host_name,
                            .policy_file = container.policy_file,
                            .seed = container.seed + i});
    }
    refuse_contradictions(requests);
    choose_routes(requests);
    distribute_ports(requests, wanted.publish);
    name_interfaces(requests);
    return requests;
}

} // namespace ocinet::drivers
