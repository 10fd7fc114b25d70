// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/subnet.h"

#include <array>

#include "netsetup/base/error.h"
#include "netsetup/base/names.h"
#include "oci-config/json.h"

namespace ocinet::oci {

namespace {

// More than anybody gives out, and few enough for the map of leases to be a file (state/leases.h).
constexpr std::uint64_t last_ipv6_lease = (std::uint64_t(1) << 62) - 1;

bool is_for_hosts(const Prefix& prefix) {
    const IpAddress& address = prefix.address;
    return !address.is_any() && !address.is_loopback() && !address.is_multicast() &&
           !Prefix::parse("fe80::/10")->contains(address);
}

IpAddress read_inside(ObjectReader& reader, const std::string& key, const Prefix& subnet) {
    const IpAddress address = read_address(reader, key);
    if (!is_host_address(address, subnet)) {
        throw reader.wrong(key, address.text() + " is not a host's address in " + subnet.text());
    }
    return address;
}

// The ends of what may be given out: the subnet's own address and its broadcast address, which
// never are, may be among them, as in the files that Podman writes for --ip-range. Leases are
// counted in an address's last 64 bits.
IpAddress read_lease_end(ObjectReader& reader, const std::string& key, const Prefix& subnet) {
    IpAddress address = read_address(reader, key);
    if (address == subnet.network()) {
        address = address.plus(1);
    } else if (address.is_v4() && address == subnet.last()) {
        address = address.plus(std::uint64_t(-1));
    }
    if (!is_host_address(address, subnet)) {
        throw reader.wrong(key, address.text() + " is not a host's address in " + subnet.text());
    }
    if (subnet.network().plus(address.minus(subnet.network())) != address) {
        throw reader.wrong(key, address.text() + " lies outside the first /64 of " + subnet.text());
    }
    return address;
}

void check_length(const ObjectReader& reader, const Prefix& prefix) {
    const unsigned longest = prefix.address.bits() - 2;
    if (prefix.length < 8 || prefix.length > longest) {
        throw reader.wrong("subnet",
                           prefix.text() + " must be between /8 and /" + std::to_string(longest));
    }
}

} // namespace

bool is_host_address(const IpAddress& address, const Prefix& subnet) {
    return subnet.contains(address) && address != subnet.network() &&
           !(address.is_v4() && address == subnet.last());
}

IpAddress read_address(ObjectReader& reader, const std::string& key) {
    const auto text = reader.text(key);
    const auto address = IpAddress::parse(text.value_or(""));
    if (!address) {
        throw reader.wrong(key, "\"" + text.value_or("") + "\" is not an IP address");
    }
    return *address;
}

Prefix read_prefix(ObjectReader& reader, const std::string& key) {
    const auto text = reader.text(key);
    const auto prefix = Prefix::parse(text.value_or(""));
    if (!prefix) {
        throw reader.wrong(key, "\"" + text.value_or("") + "\" is not a prefix like 10.1.0.0/24");
    }
    if (prefix->address != prefix->network()) {
        throw reader.wrong(key, "\"" + *text + "\" has host bits set; the network is " +
                                    prefix->network().text() + "/" +
                                    std::to_string(prefix->length));
    }
    return *prefix;
}

Subnet subnet_of(const Prefix& prefix) {
    const IpAddress base = prefix.network();
    const bool is_wide = !base.is_v4() && base.bits() - prefix.length > 62;
    const IpAddress last = is_wide        ? base.plus(last_ipv6_lease)
                           : base.is_v4() ? prefix.last().plus(std::uint64_t(-1))
                                          : prefix.last();
    return {
        .subnet = prefix, .gateway = base.plus(1), .lease_first = base.plus(1), .lease_last = last};
}

Prefix local_ipv6_subnet(const std::string& network) {
    std::array<std::uint8_t, 16> bytes{0xfd};
    const std::uint64_t hash = stable_hash(network);
    for (std::size_t i = 1; i < 8; ++i) {
        bytes[i] = std::uint8_t(hash >> (8 * i));
    }
    return {IpAddress::from_bytes(bytes.data(), bytes.size()), 64};
}

Subnet read_subnet(const nlohmann::json& value, const std::string& name) {
    ObjectReader reader(value, name);
    const Prefix prefix = read_prefix(reader, "subnet");
    check_length(reader, prefix);
    if (!is_for_hosts(prefix)) {
        throw reader.wrong("subnet", prefix.text() + " is not a subnet for hosts");
    }
    Subnet subnet = subnet_of(prefix);
    if (reader.member("gateway")) {
        subnet.gateway = read_inside(reader, "gateway", prefix);
    }
    if (const auto* range = reader.object("lease_range")) {
        ObjectReader ends(*range, reader.name() + ".lease_range");
        if (ends.member("start_ip")) {
            subnet.lease_first = read_lease_end(ends, "start_ip", prefix);
        }
        if (ends.member("end_ip")) {
            subnet.lease_last = read_lease_end(ends, "end_ip", prefix);
        }
        ends.refuse_unknown();
    }
    if (subnet.lease_last < subnet.lease_first) {
        throw reader.wrong("lease_range", "ends before it starts");
    }
    reader.refuse_unknown();
    return subnet;
}

} // namespace ocinet::oci
