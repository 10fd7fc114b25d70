// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers/parts/addresses.h"

#include <algorithm>

#include "netsetup/base/error.h"

namespace ocinet::drivers {

namespace {

Mac mac_with(std::uint8_t first, const IpAddress& address) {
    Mac mac{{first, 0x0c}};
    std::copy_n(address.data() + address.size() - 4, 4, mac.bytes.begin() + 2);
    return mac;
}

Mac mac_with_bits(std::uint64_t bits) {
    Mac mac{{0x02, 0x0c}};
    for (std::size_t i = 2; i < mac.bytes.size(); ++i, bits >>= 8) {
        mac.bytes[i] = std::uint8_t(bits);
    }
    return mac;
}

Error refusal(const Request& request, const IpAddress& address, const std::string& why) {
    return Error(label(request) + ": ip=" + address.text() + ": " + why);
}

void check_fixed_address(const Request& request, const IpAddress& address) {
    std::string subnets;
    for (const auto& subnet : request.network.subnets) {
        if (!subnet.subnet.contains(address)) {
            subnets += (subnets.empty() ? "" : ", ") + subnet.subnet.text();
            continue;
        }
        if (!oci::is_host_address(address, subnet.subnet)) {
            throw refusal(request, address,
                          address.is_v4() ? "the network's own or broadcast address"
                                          : "the address of any router (RFC 4291, 2.6.1)");
        }
        if (address == subnet.gateway) {
            throw refusal(request, address, "the gateway's address");
        }
        return;
    }
    throw refusal(request, address, "not in the network's subnet " + subnets);
}

std::optional<IpAddress> fixed_in(const Request& request, const oci::Subnet& subnet) {
    std::optional<IpAddress> fixed;
    for (const auto& address : request.attachment.addresses) {
        if (!subnet.subnet.contains(address)) {
            continue;
        }
        if (fixed) {
            throw refusal(request, address, "a second address of " + subnet.subnet.text());
        }
        fixed = address;
    }
    return fixed;
}

// Whole, or what of it is this host's.
std::vector<state::AddressRange> ranges_in(const Request& request, const oci::Subnet& subnet) {
    const state::AddressRange whole{.network = request.network.name,
                                    .base = subnet.subnet.network(),
                                    .first = subnet.lease_first,
                                    .last = subnet.lease_last,
                                    .never = {subnet.gateway}};
    std::vector<state::AddressRange> ranges;
    for (const auto& part : request.ranges) {
        if (subnet.subnet.contains(part.address)) {
            ranges.push_back(whole);
            ranges.back().first = std::max(whole.first, part.address);
            ranges.back().last = std::min(whole.last, part.last());
        }
    }
    return ranges.empty() ? std::vector{whole} : ranges;
}

} // namespace

std::vector<HostQuery::Address> wanted_addresses(const Request& request) {
    if (request.network.subnets.empty() && !request.network.is_on_parent() &&
        !request.network.is_unknown()) {
        throw Error(label(request) + ": it has no subnet");
    }
    for (const auto& address : request.attachment.addresses) {
        check_fixed_address(request, address);
    }
    std::vector<HostQuery::Address> wanted;
    for (const auto& subnet : request.network.subnets) {
        const auto fixed = fixed_in(request, subnet);
        if (!fixed && request.network.ipam == oci::Network::Ipam::fixed) {
            throw Error(label(request) + ": no ip= of " + subnet.subnet.text())
                .hint("the network's addresses are static: each container must ask for its own");
        }
        const auto ranges = ranges_in(request, subnet);
        wanted.push_back({.range = ranges.front(),
                          .further = {ranges.begin() + 1, ranges.end()},
                          .fixed = fixed});
    }
    return wanted;
}

const state::AddressRange& range_with(const HostQuery::Address& wanted, const IpAddress& address) {
    const auto found =
        std::find_if(wanted.further.begin(), wanted.further.end(), [&](const auto& range) {
            return range.first <= address && address <= range.last;
        });
    return found == wanted.further.end() ? wanted.range : *found;
}

std::vector<Prefix> found_addresses(const Request& request, const HostView& view) {
    std::vector<Prefix> addresses;
    for (std::size_t i = 0; i < request.network.subnets.size(); ++i) {
        addresses.push_back({view.addresses.at(i), request.network.subnets[i].subnet.length});
    }
    return addresses;
}

std::optional<IpAddress> first_of(const std::vector<Prefix>& addresses, int family) {
    const auto found = std::find_if(addresses.begin(), addresses.end(), [&](const Prefix& one) {
        return one.address.family() == family;
    });
    return found == addresses.end() ? std::nullopt : std::optional(found->address);
}

std::optional<IpAddress> gateway_of(const oci::Network& network, int family) {
    const auto found =
        std::find_if(network.subnets.begin(), network.subnets.end(),
                     [&](const oci::Subnet& one) { return one.gateway.family() == family; });
    return found == network.subnets.end() ? std::nullopt : std::optional(found->gateway);
}

Mac mac_of(const IpAddress& address) {
    return mac_with(0x02, address);
}

Mac random_mac(NameSource& names) {
    return mac_with_bits(names.below(std::uint64_t(1) << 32));
}

Mac mac_of(const std::string& text) {
    return mac_with_bits(stable_hash(text));
}

Mac host_end_mac_of(const IpAddress& address) {
    return mac_with(0xfe, address);
}

} // namespace ocinet::drivers
