// SPDX-License-Identifier: GPL-2.0-or-later
// What udhcpc says in its environment (networking/udhcp/dhcpc.c) comes from the network: nothing of
// it is believed that is not an address where one belongs.
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <ranges>

#include "dhcp/dhcp.h"
#include "netsetup/base/log.h"
#include "netsetup/base/names.h"
#include "netsetup/base/text.h"
#include "netsetup/link.h"
#include "netsetup/routes.h"
#include "netsetup/state/dhcp_leases.h"

namespace ocinet::dhcp {

namespace {

using state::DhcpLease;

std::string said(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::optional<IpAddress> address_in(std::string_view text) {
    const auto address = IpAddress::parse(text);
    return address && address->is_v4() ? address : std::nullopt;
}

std::vector<IpAddress> addresses_in(const std::string& text) {
    std::vector<IpAddress> addresses;
    for (const auto word : split(text, ' ')) {
        if (const auto address = address_in(word)) {
            addresses.push_back(*address);
        }
    }
    return addresses;
}

Prefix host(const IpAddress& address) {
    return {address, 32};
}

// A gateway outside the subnet is a neighbour all the same.
void add_route(DhcpLease& lease, const Prefix& destination, const IpAddress& gateway) {
    if (gateway == IpAddress::any(AF_INET)) {
        lease.routes.push_back({destination, std::nullopt});
        return;
    }
    const DhcpLease::Route neighbour{host(gateway), std::nullopt};
    if (!lease.address->contains(gateway) &&
        std::find(lease.routes.begin(), lease.routes.end(), neighbour) == lease.routes.end()) {
        lease.routes.push_back(neighbour);
    }
    lease.routes.push_back({destination, gateway});
}

// A server could make itself the way to everywhere by halves, 0.0.0.0/1 and 128.0.0.0/1
// (CVE-2024-3661).
bool is_welcome(const ops::RunDhcpClient& wanted, const Prefix& destination) {
    constexpr unsigned shortest = 8;
    return destination.address.is_v4() && !wanted.internal &&
           (wanted.default_route || destination.length >= shortest);
}

// Who offers classless routes means them instead of the routers (RFC 3442).
void read_routes(DhcpLease& lease, const ops::RunDhcpClient& wanted) {
    const Prefix everywhere{IpAddress::any(AF_INET), 0};
    const std::string classless = said("staticroutes");
    const auto words = split(classless, ' ');
    for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
        const auto destination = Prefix::parse(words[i]);
        const auto gateway = address_in(words[i + 1]);
        if (destination && gateway && is_welcome(wanted, *destination)) {
            add_route(lease, {destination->network(), destination->length}, *gateway);
        }
    }
    const auto routers = addresses_in(said("router"));
    if (words.size() < 2 && wanted.default_route && !routers.empty()) {
        add_route(lease, everywhere, routers.front());
    }
}

bool is_usable(const IpAddress& address) {
    return !address.is_any() && !address.is_nobodys() && !address.is_loopback() &&
           !address.is_multicast();
}

// What udhcpc makes of the server's words, which it passes on as they came
// (networking/udhcp/dhcpc.c): an hour where it says nothing.
std::uint32_t lease_seconds() {
    constexpr std::uint64_t least = 122;
    constexpr std::uint64_t otherwise = 3600;
    return std::uint32_t(
        std::max(least, parse_number(said("lease"), 0, UINT32_MAX).value_or(otherwise)));
}

DhcpLease offered(const ops::RunDhcpClient& wanted) {
    const auto address = address_in(said("ip"));
    const auto length = parse_number(said("mask"), 0, 32);
    if (!address || !is_usable(*address)) {
        throw Error("the server gave \"" + printable(said("ip")) + "\", which is no address");
    }
    DhcpLease lease;
    // Who is told no mask is alone (busybox takes the address's class, which nobody has any more).
    lease.address = Prefix{*address, unsigned(length.value_or(32))};
    read_routes(lease, wanted);
    lease.dns_servers = addresses_in(said("dns"));
    lease.domain = said("domain");
    lease.server = said("serverid");
    lease.expires = std::uint64_t(std::time(nullptr)) + lease_seconds();
    return lease;
}

// In the container's network namespace.
class Interface {
public:
    explicit Interface(const ops::RunDhcpClient& wanted)
        : metric_(wanted.metric), socket_(netlink::Socket::open(NETLINK_ROUTE)),
          index_(link::required(socket_, wanted.interface).index) {}

    // It ends with its lease, should the client not live to end it.
    void take(const DhcpLease& lease, const DhcpLease& before) {
        give_back_but(before, lease);
        socket_.send(link::lend_address(index_, *lease.address, lease_seconds()));
        const auto refused = add_routes(lease.routes);
        if (before.address != lease.address) {
            socket_.send(link::announce(index_, lease.address->address));
        }
        if (refused) {
            throw Error(*refused);
        }
    }

    void give_back(const DhcpLease& lease) { give_back_but(lease, {}); }

private:
    // All that can be added; the first Error of one that cannot. A way to that destination that is
    // there already, the kernel's own to the subnet, say, is none.
    std::optional<Error> add_routes(const std::vector<DhcpLease::Route>& routes) {
        std::optional<Error> first;
        for (const auto& route : routes) {
            try {
                auto message = route::add(kernel_route(route));
                message.allow(EEXIST);
                socket_.send(std::move(message));
            } catch (const Error& error) {
                first = first ? first : error;
            }
        }
        return first;
    }

    // What `kept` has, too, stays.
    void give_back_but(const DhcpLease& lease, const DhcpLease& kept) {
        for (const auto& route : std::views::reverse(lease.routes)) {
            if (std::find(kept.routes.begin(), kept.routes.end(), route) == kept.routes.end()) {
                socket_.send(route::remove(kernel_route(route)));
            }
        }
        if (lease.address && lease.address != kept.address) {
            socket_.send(link::remove_address(index_, *lease.address));
        }
    }

    route::Route kernel_route(const DhcpLease::Route& route) const {
        return {.destination = route.destination,
                .gateway = route.gateway,
                .metric = metric_,
                .protocol = RTPROT_DHCP,
                .index = index_};
    }

    std::uint32_t metric_;
    netlink::Socket socket_;
    int index_;
};

std::string problem_of(const std::string& event) {
    const std::string message = said("message");
    if (event == "nak") {
        return "the server refused (DHCPNAK)" + (message.empty() ? "" : ": " + printable(message));
    }
    return event == "leasefail" ? "no server answers" : "";
}

// A client that is started again begins with "deconfig", and one that cannot renew its lease says
// so some seconds early: what was lent is the container's until it expires, when the kernel takes
// it away, too. Then "leasefail" comes again and again.
bool has_expired(const DhcpLease& lease) {
    return lease.address && lease.expires <= std::uint64_t(std::time(nullptr));
}

void configure(const std::string& event, const ops::RunDhcpClient& wanted, DhcpLease& lease) {
    Interface interface(wanted);
    const DhcpLease before = lease;
    if (event == "bound" || event == "renew") {
        lease = offered(wanted);
        lease.client = before.client;
        interface.take(lease, before);
    } else if (event == "nak" || has_expired(before)) {
        interface.give_back(before);
        const std::string problem = problem_of(event);
        lease = {.client = before.client, .problem = problem.empty() ? before.problem : problem};
    } else if (event == "leasefail" && !lease.address) {
        lease.problem = problem_of(event);
    }
}

} // namespace

void handle_event(const std::string& event) {
    const std::string id = said(container_variable);
    if (!is_container_id(id)) {
        throw Error(std::string(container_variable) + " names no container");
    }
    const auto directory = state::Directory::open();
    const auto wanted = wanted_client(directory, id, said("interface"));
    if (!wanted) {
        log::info("nobody wants what the DHCP client has to say");
        return;
    }
    auto lease = state::read_dhcp_lease(directory, id, wanted->interface);
    // It has been ended, and what it had goes with the container; or it was killed, and another one
    // is at work.
    if (!lease || lease->client.pid != ::getppid()) {
        log::info("the DHCP client that says so is no client any more");
        return;
    }
    std::optional<Error> failure;
    try {
        configure(event, *wanted, *lease);
    } catch (const Error& error) {
        lease->problem = error.message();
        failure = error;
    }
    lease->heard = true;
    state::write_dhcp_lease(directory, id, wanted->interface, *lease);
    if (failure) {
        throw Error(*failure);
    }
}

} // namespace ocinet::dhcp
