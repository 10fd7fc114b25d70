// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers/parts/addresses.h"

#include <algorithm>

#include "netsetup/base/error.h"

namespace ocinet::drivers {

namespace {

Mac mac_with(std::uint8_t first, const IpAddress& address) {
    Mac mac{{first, 0x0c}};
    std::copy_n(address.data(), 4, mac.bytes.begin() + 2);
    return mac;
}

IpAddress checked_fixed_address(const Request& request, const oci::Subnet& subnet) {
    const IpAddress& address = request.attachment.addresses.front();
    const Error error(label(request) + ": ip=" + address.text() + ": ");
    if (!subnet.subnet.contains(address)) {
        throw Error(error.message() + "not in the network's subnet " + subnet.subnet.text());
    }
    if (address == subnet.subnet.network() || address == subnet.subnet.last()) {
        throw Error(error.message() + "the network's own or broadcast address");
    }
    if (address == subnet.gateway) {
        throw Error(error.message() + "the gateway's address");
    }
    return address;
}

} // namespace

const oci::Subnet& subnet_of(const Request& request) {
    const auto& subnets = request.network.subnets;
    if (subnets.size() != 1) {
        throw Error(
            label(request) + ": " +
            (subnets.empty() ? "it has no subnet" : "several subnets are not supported yet"));
    }
    return subnets.front();
}

HostQuery::Address wanted_address(const Request& request) {
    const oci::Subnet& subnet = subnet_of(request);
    HostQuery::Address wanted{.range = {.network = request.network.name,
                                        .base = subnet.subnet.network(),
                                        .first = subnet.lease_first,
                                        .last = subnet.lease_last,
                                        .never = {subnet.gateway}}};
    if (!request.attachment.addresses.empty()) {
        wanted.fixed = checked_fixed_address(request, subnet);
    }
    return wanted;
}

Mac mac_of(const IpAddress& address) {
    return mac_with(0x02, address);
}

Mac host_end_mac_of(const IpAddress& address) {
    return mac_with(0xfe, address);
}

} // namespace ocinet::drivers
