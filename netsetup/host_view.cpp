// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/host_view.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <set>

#include "netsetup/base/file.h"
#include "netsetup/base/log.h"
#include "netsetup/base/paths.h"
#include "netsetup/base/text.h"
#include "netsetup/hosts_file.h"
#include "netsetup/ops/forwarding.h"
#include "netsetup/record.h"
#include "netsetup/routes.h"
#include "netsetup/sockets.h"
#include "netsetup/state/users.h"

namespace ocinet {

namespace {

void look_for_address(HostView& view, const HostQuery::Address& query,
                      const state::Directory& directory) {
    const auto& range = query.range;
    if (query.fixed) {
        const auto owner = state::lease_owner(directory, range, *query.fixed);
        if (owner) {
            view.conflicts.push_back(
                {.what = "address " + query.fixed->text() + " is taken by container " + *owner,
                 .owner = *owner});
        }
        view.addresses.push_back(*query.fixed);
        return;
    }
    const auto free = state::next_free(directory, range);
    if (!free) {
        view.conflicts.push_back({.what = "no address is free between " + range.first.text() +
                                          " and " + range.last.text(),
                                  .of_anybody = true,
                                  .hint = "`ocinet gc` takes back what dead containers left"});
    }
    view.addresses.push_back(free.value_or(IpAddress()));
}

using Pool = HostQuery::PortRange;

// Ports that the kernel never chooses by itself for outgoing connections: above its range, or
// below it where that is all there is.
Pool random_ports() {
    constexpr unsigned enough = 1000;
    const auto text = read_setting(AT_FDCWD, "/proc/sys/net/ipv4/ip_local_port_range");
    const auto ends = split(text.value_or("32768\t60999"), '\t');
    const auto low = unsigned(parse_number(trim(ends.front()), 1, 65535).value_or(32768));
    const auto high = unsigned(parse_number(trim(ends.back()), 1, 65535).value_or(60999));
    if (high + enough <= 65535) {
        return {std::uint16_t(high + 1), 65535};
    }
    if (low > 1024 + enough) {
        return {1024, std::uint16_t(low - 1)};
    }
    throw Error("ip_local_port_range leaves no room for random ports")
        .hint("name the host port, or narrow net.ipv4.ip_local_port_range");
}

// Of a network that is not there yet. A wider network of the host's around the subnet is no
// obstacle: the more specific route wins. One inside it would not be reached from the containers,
// and two networks of ours must not share an address.
void look_for_overlaps(HostView& view, const HostQuery& query, netlink::Socket& route) {
    auto in_use = link::all_addresses(route, AF_INET);
    for (const auto& address : link::all_addresses(route, AF_INET6)) {
        in_use.push_back(address);
    }
    for (const auto& address : in_use) {
        const bool is_own = view.bridge && address.index == view.bridge->index;
        for (const auto& subnet : query.subnets) {
            if (is_own || !subnet.overlaps(address.prefix)) {
                continue;
            }
            const auto found = link::find(route, address.index);
            const auto network = found ? network_of_alias(found->alias) : std::nullopt;
            if (!found || (!network && !subnet.contains(address.prefix.address))) {
                continue;
            }
            view.conflicts.push_back({.what = "its subnet " + subnet.text() + " overlaps " +
                                              address.prefix.text() +
                                              (network ? " of network \"" + *network + "\""
                                                       : " on the host's interface " + found->name),
                                      .of_anybody = network.has_value(),
                                      .hint = std::string("give one of them another subnet, in ") +
                                              paths::networks + "/" + query.network + ".json"});
        }
    }
}

void look_for_redefinition(HostView& view, const HostQuery& query,
                           const state::Directory& directory) {
    if (ops::definition_in_use(directory, query.network) != query.definition) {
        view.conflicts.push_back({.what = "containers use the network as it was before its "
                                          "definition changed",
                                  .of_anybody = true,
                                  .hint = "stop them first, or take the change back"});
    }
}

class PortSearch {
public:
    PortSearch(HostView& view, const HostQuery& query, const state::Directory& directory,
               NameSource& names)
        : view_(view), wanted_(query.ports), free_(query.free_ports), directory_(directory),
          names_(names), diag_(netlink::Socket::open(NETLINK_SOCK_DIAG)) {}

    // One that is chosen counts for those that are chosen after it.
    void look() {
        for (auto& port : wanted_) {
            if (port.claims.front().first == 0) {
                choose(port);
            } else if (auto conflict = find_conflict(port)) {
                view_.conflicts.push_back(std::move(*conflict));
            }
            view_.ports.push_back(port.claims.front().first);
        }
    }

private:
    static void set(HostQuery::Port& port, std::uint16_t first) {
        for (auto& claim : port.claims) {
            claim.first = first;
        }
    }

    std::optional<HostView::Conflict> find_conflict(const HostQuery::Port& port) {
        for (const auto& claim : port.claims) {
            if (auto conflict = find_conflict(claim)) {
                return conflict;
            }
        }
        return std::nullopt;
    }

    std::optional<HostView::Conflict> find_conflict(const state::PortClaim& claim) {
        const std::string port = claim.protocol + " port " + std::to_string(claim.first);
        if (const auto owner = state::port_owner(directory_, claim)) {
            return HostView::Conflict{.what = port + (claim.count > 1 ? " and on" : "") +
                                              " is published by container " + *owner,
                                      .owner = *owner};
        }
        const auto bound =
            sockets::find_bound(diag_, claim.protocol, claim.address, claim.first, claim.count);
        if (!bound) {
            return std::nullopt;
        }
        return HostView::Conflict{.what = claim.protocol + " port " + std::to_string(bound->port) +
                                          " is bound on " + bound->address.text() + " by " +
                                          bound->owner};
    }

    // A random start, then upwards: terminates, and finds one if there is one.
    void choose(HostQuery::Port& port) {
        const Pool pool = free_ ? *free_ : random_ports();
        const unsigned count = pool.last - pool.first + 1U;
        const auto start = unsigned(names_.below(count));
        HostQuery::Port candidate = port;
        for (unsigned i = 0; i < count; ++i) {
            set(candidate, std::uint16_t(pool.first + (start + i) % count));
            if (!is_own(candidate.claims.front()) && !find_conflict(candidate)) {
                port = candidate;
                return;
            }
        }
        view_.conflicts.push_back({.what = "no " + port.claims.front().protocol +
                                           " port is free between " + std::to_string(pool.first) +
                                           " and " + std::to_string(pool.last),
                                   .of_anybody = true,
                                   .hint = "`ocinet gc` takes back what dead containers left"});
    }

    bool is_own(const state::PortClaim& candidate) const {
        return std::any_of(wanted_.begin(), wanted_.end(), [&](const HostQuery::Port& port) {
            const auto& claim = port.claims.front();
            return claim.protocol == candidate.protocol && claim.contains(candidate.first);
        });
    }

    HostView& view_;
    std::vector<HostQuery::Port> wanted_;
    std::optional<Pool> free_;
    const state::Directory& directory_;
    NameSource& names_;
    netlink::Socket diag_;
};

// Not of one that is being removed: it takes its elements away without a lock, perhaps has already.
std::optional<Record> intact_record(const state::Directory& directory, const std::string& id) {
    try {
        auto record = Record::load(directory, id);
        return record && record->phase != Record::Phase::removing ? std::move(record)
                                                                  : std::nullopt;
    } catch (const Error& error) {
        log::warning("its elements stay missing: " + error.message());
        return std::nullopt;
    }
}

// What a container has in the table, by its record. Ports that it does not hold it never had: its
// writer was killed before it took them, and they may be another's.
std::vector<nft::Element> elements_of(const Record& record, const state::Directory& directory) {
    std::vector<nft::Element> elements;
    const auto append = [&](const std::vector<nft::Element>& more) {
        elements.insert(elements.end(), more.begin(), more.end());
    };
    for (const auto* steps : {&record.plan.shared, &record.plan.own}) {
        for (const auto& step : *steps) {
            if (const auto* share = std::get_if<ops::ShareElements>(&step.operation)) {
                append(share->elements);
            } else if (const auto* own = std::get_if<ops::OwnElements>(&step.operation)) {
                append(own->elements);
            } else if (const auto* ports = std::get_if<ops::PublishPorts>(&step.operation);
                       ports && ops::holds_claims(*ports, directory, record.id)) {
                append(ports->elements);
            }
        }
    }
    return elements;
}

} // namespace

// Each once: a network's stand in the record of each of its containers.
std::vector<nft::Element> recorded_elements(const state::Directory& directory) {
    auto lost = ops::guard_elements(directory);
    std::set<std::string> seen;
    for (const auto& id : Record::list(directory)) {
        const auto record = intact_record(directory, id);
        for (auto& element :
             record ? elements_of(*record, directory) : std::vector<nft::Element>()) {
            if (seen.insert(nft::add_line(element)).second) {
                lost.push_back(std::move(element));
            }
        }
    }
    return lost;
}

namespace {

void look_at_firewall(HostView& view, netlink::Socket& netfilter,
                      const state::Directory& directory) {
    view.policy_version = nft::live_version(netfilter);
    if (view.policy_version != nft::policy_version) {
        view.lost = recorded_elements(directory);
    }
}

bool is_on(const std::string& setting) {
    return read_setting(AT_FDCWD, "/proc/sys/net/" + setting) == "1";
}

// Only where forwarding must be turned on does it matter who is there: a list of all links.
void look_at_forwarding(HostView& view, const HostQuery& query, netlink::Socket& route) {
    view.ipv4.on = is_on("ipv4/ip_forward");
    view.ipv6.on = query.forwarding6 && is_on("ipv6/conf/all/forwarding");
    if ((!query.forwarding4 || view.ipv4.on) && (!query.forwarding6 || view.ipv6.on)) {
        return;
    }
    view.ipv4.by_default = is_on("ipv4/conf/default/forwarding");
    view.ipv6.by_default = is_on("ipv6/conf/default/forwarding");
    view.accepts_redirects = is_on("ipv4/conf/all/accept_redirects");
    view.interfaces = link::foreign(route);
}

} // namespace

HostView look(const HostQuery& query, const state::Directory& directory, netlink::Socket& route,
              netlink::Socket& netfilter, NameSource& names) {
    HostView view;
    for (const auto& address : query.addresses) {
        look_for_address(view, address, directory);
    }
    if (!query.ports.empty()) {
        PortSearch(view, query, directory, names).look();
    }
    if (!query.bridge.empty()) {
        view.bridge = link::find(route, query.bridge);
        if (view.bridge) {
            view.bridge_addresses = link::addresses(route, view.bridge->index);
        }
        view.network_in_use = state::has_users(directory, ops::element_users(query.network));
        if (view.network_in_use) {
            look_for_redefinition(view, query, directory);
        } else if (!query.subnets.empty()) {
            look_for_overlaps(view, query, route);
        }
    }
    if (!query.new_link.empty() && link::find(route, query.new_link)) {
        view.conflicts.push_back(
            {.what = "the host has an interface " + query.new_link + " already",
             .of_anybody = true,
             .hint = "choose another with host_interface_name="});
    }
    if (query.mtu) {
        view.default_route_mtu = route::default_route_mtu(route);
    }
    if (query.firewall) {
        look_at_firewall(view, netfilter, directory);
    }
    if (query.forwarding4 || query.forwarding6) {
        look_at_forwarding(view, query, route);
    }
    if (!query.hosts_file.empty()) {
        view.hosts_file_problem = HostsFile::open(query.hosts_file).problem;
    }
    return view;
}

} // namespace ocinet
