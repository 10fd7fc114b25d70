// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/port_search.h"

#include <fcntl.h>

#include <algorithm>

#include "netsetup/base/file.h"
#include "netsetup/base/text.h"
#include "netsetup/sockets.h"

namespace ocinet {

namespace {

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

} // namespace

void look_for_ports(HostView& view, const HostQuery& query, const state::Directory& directory,
                    NameSource& names) {
    PortSearch(view, query, directory, names).look();
}

} // namespace ocinet
