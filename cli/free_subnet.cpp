// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/free_subnet.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "netsetup/base/error.h"
#include "netsetup/link.h"
#include "netsetup/routes.h"

namespace ocinet::cli {

namespace {

constexpr const char* ipv4_pool = "10.91.0.0/16";
constexpr unsigned ipv4_length = 24;
constexpr unsigned ipv6_length = 64;
// All the same collide only when a route covers the whole of fd00::/8.
constexpr int ipv6_draws = 16;

bool is_free(const Prefix& subnet, const std::vector<InUse>& in_use) {
    return std::none_of(in_use.begin(), in_use.end(),
                        [&](const InUse& used) { return used.prefix.overlaps(subnet); });
}

bool collides(const Prefix& subnet, const InUse& used) {
    switch (used.by) {
    case InUse::By::network: break;
    case InUse::By::address: return subnet.contains(used.prefix.address);
    case InUse::By::route:
        return used.prefix.length >= subnet.length && subnet.contains(used.prefix.address);
    }
    return subnet.overlaps(used.prefix);
}

Error none_free(const std::string& pool) {
    return Error("no subnet of " + pool + " is free: networks or routes of the host use all of it")
        .hint("name one with --subnet");
}

} // namespace

std::vector<InUse> prefixes_in_use(netlink::Socket& route,
                                   const std::vector<KnownNetwork>& networks,
                                   const std::vector<ForeignNetwork>& podmans) {
    std::vector<InUse> in_use;
    for (const auto& known : networks) {
        for (const auto& subnet :
             known.network ? known.network->subnets : std::vector<oci::Subnet>()) {
            in_use.push_back({subnet.subnet, InUse::By::network, "network \"" + known.name + "\""});
        }
    }
    for (const auto& podman : podmans) {
        for (const auto& subnet : podman.subnets) {
            in_use.push_back(
                {subnet, InUse::By::network, "Podman's network \"" + podman.name + "\""});
        }
    }
    for (const int family : {AF_INET, AF_INET6}) {
        for (const auto& address : link::all_addresses(route, family)) {
            in_use.push_back({address.prefix, InUse::By::address, "an address of the host's"});
        }
        for (const auto& prefix : route::routed_prefixes(route, family)) {
            in_use.push_back({prefix, InUse::By::route, "a route of the host's"});
        }
    }
    return in_use;
}

std::optional<InUse> collision(const Prefix& subnet, const std::vector<InUse>& in_use) {
    for (const auto& used : in_use) {
        if (collides(subnet, used)) {
            return used;
        }
    }
    return std::nullopt;
}

Prefix free_ipv4_subnet(const std::vector<InUse>& in_use) {
    const Prefix pool = *Prefix::parse(ipv4_pool);
    const std::uint64_t size = std::uint64_t(1) << (32 - ipv4_length);
    for (std::uint64_t i = 0; i < std::uint64_t(1) << (ipv4_length - pool.length); ++i) {
        const Prefix subnet{pool.address.plus(i * size), ipv4_length};
        if (is_free(subnet, in_use)) {
            return subnet;
        }
    }
    throw none_free(ipv4_pool);
}

Prefix free_ipv6_subnet(const std::vector<InUse>& in_use, NameSource& random) {
    for (int i = 0; i < ipv6_draws; ++i) {
        // fd, 40 bits of global id, 16 bits of subnet id.
        std::array<std::uint8_t, 16> bytes{0xfd};
        const std::uint64_t drawn = random.seed();
        for (std::size_t byte = 1; byte < 8; ++byte) {
            bytes[byte] = std::uint8_t(drawn >> (8 * byte));
        }
        const Prefix subnet{IpAddress::from_bytes(bytes.data(), bytes.size()), ipv6_length};
        if (is_free(subnet, in_use)) {
            return subnet;
        }
    }
    throw none_free("fd00::/8");
}

} // namespace ocinet::cli
