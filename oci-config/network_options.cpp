// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci-config/network_options.h"

#include <sys/socket.h>

#include <algorithm>
#include <vector>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"
#include "oci-config/json.h"

namespace ocinet::oci {

namespace {

constexpr unsigned least_mtu = 68; // RFC 791: every host must take 68 octets unfragmented
constexpr unsigned most_mtu = 65535;
constexpr unsigned most_vlan = 4094; // IEEE 802.1Q: 4095 is reserved

// Podman writes every option's value as a string.
template <typename Number>
Number read_number(ObjectReader& option, const std::string& key, std::uint64_t least,
                   std::uint64_t most, Number otherwise) {
    const auto text = option.text(key);
    if (!text) {
        return otherwise;
    }
    const auto number = parse_number(*text, least, most);
    if (!number) {
        throw option.wrong(key, "\"" + *text + "\" is not between " + std::to_string(least) +
                                    " and " + std::to_string(most));
    }
    return Number(*number);
}

bool read_bool(ObjectReader& option, const std::string& key, bool otherwise) {
    const auto text = option.text(key);
    if (!text) {
        return otherwise;
    }
    const auto value = parse_bool(*text);
    if (!value) {
        throw option.wrong(key, "\"" + *text + "\" is neither true nor false");
    }
    return *value;
}

Isolation read_isolation(ObjectReader& option) {
    const auto text = option.text("isolate");
    if (text == "strict") {
        return Isolation::strict;
    }
    const auto value = parse_bool(text.value_or("true"));
    if (!value) {
        throw option.wrong("isolate", "\"" + *text + "\" is neither true, false nor strict");
    }
    return *value ? Isolation::closed : Isolation::open;
}

std::optional<IpAddress> read_outbound(ObjectReader& option, const std::string& key, int family) {
    if (!option.member(key)) {
        return std::nullopt;
    }
    const IpAddress address = read_address(option, key);
    if (address.family() != family || address.is_any() || address.is_loopback() ||
        address.is_multicast()) {
        throw option.wrong(key, address.text() + " is no address to send from");
    }
    return address;
}

bool read_managed(ObjectReader& option) {
    const std::string mode = option.text("mode").value_or("managed");
    if (mode != "managed" && mode != "unmanaged") {
        throw option.wrong("mode", "\"" + mode + "\" is neither managed nor unmanaged");
    }
    return mode == "managed";
}

// Nothing of it would hold on a bridge that is the operator's.
void refuse_what_filters(ObjectReader& option) {
    for (const char* key :
         {"isolate", "icc", "host_access", "spoof_check", "outbound_addr4", "outbound_addr6"}) {
        if (option.member(key)) {
            throw option.wrong(key, "means nothing with mode=unmanaged, where nothing is filtered");
        }
    }
}

// What goes by the firewall.
void read_filter_options(ObjectReader& option, Network& network) {
    network.isolation = read_isolation(option);
    network.icc = read_bool(option, "icc", true);
    network.host_access = read_bool(option, "host_access", true);
    network.spoof_check = read_bool(option, "spoof_check", true);
    network.outbound_addr4 = read_outbound(option, "outbound_addr4", AF_INET);
    network.outbound_addr6 = read_outbound(option, "outbound_addr6", AF_INET6);
}

void read_bridge_options(ObjectReader& option, Network& network) {
    network.managed = read_managed(option);
    if (!network.managed) {
        refuse_what_filters(option);
    }
    read_filter_options(option, network);
    if (option.member("vrf")) {
        throw option.wrong("vrf", "not supported");
    }
}

// The first is what a network has that names none.
std::string read_choice(ObjectReader& option, const std::string& key,
                        const std::vector<std::string>& choices) {
    const std::string chosen = option.text(key).value_or(choices.front());
    if (std::find(choices.begin(), choices.end(), chosen) == choices.end()) {
        throw option.wrong(key, "\"" + chosen + "\" is none of " + join(choices, ", "));
    }
    return chosen;
}

void read_macvlan_options(ObjectReader& option, Network& network) {
    network.mode = read_choice(option, "mode", {"bridge", "private", "vepa", "passthru"});
    if (const auto text = option.text("bclim")) {
        const auto limit =
            text == "-1" ? std::optional<std::uint64_t>() : parse_number(*text, 0, INT32_MAX);
        if (!limit && text != "-1") {
            throw option.wrong("bclim", "\"" + *text + "\" is not between -1 and 2147483647");
        }
        network.broadcast_limit = limit ? std::int32_t(*limit) : -1;
    }
    network.host_access = read_bool(option, "host_access", false);
    if (network.host_access && network.mode != "bridge") {
        throw option.wrong("host_access", "goes with mode=bridge only");
    }
    if (network.host_access && network.ipam == Network::Ipam::dhcp) {
        throw option.wrong("host_access", "needs addresses that are known before, not DHCP's");
    }
}

// The flag says who of one parent's interfaces reach each other.
void read_ipvlan_options(ObjectReader& option, Network& network) {
    network.mode = read_choice(option, "mode", {"l2", "l3", "l3s"});
    network.flag = read_choice(option, "flag", {"bridge", "private", "vepa"});
}

void read_overlay_options(ObjectReader& option, Network& network) {
    constexpr std::uint64_t most_vni = (1U << 24) - 1;
    const std::string control = read_choice(option, "control", {"static", "etcd", "evpn"});
    network.overlay->control = *parse_control(control);
    if (network.overlay->control != Overlay::Control::file) {
        // Only ocinet-overlay asks; but what it refuses must not come to the file.
        const auto size =
            read_number(option, "block_size", smallest_block, largest_block, smallest_block);
        if (!is_block_size(size)) {
            throw option.wrong("block_size", "not a power of two");
        }
    }
    read_filter_options(option, network);
    if (!option.member("vni")) {
        throw option.wrong("vni", "a network with control=" + control + " must name its VNI");
    }
    network.overlay->encrypted = read_bool(option, "encrypted", false);
    if (network.overlay->encrypted && network.overlay->control != Overlay::Control::etcd) {
        throw option.wrong("encrypted",
                           "needs control=etcd, by which hosts learn each other's keys");
    }
    network.overlay->vni = read_number(option, "vni", 1, most_vni, 0U);
    network.overlay->port = read_number(option, "port", 1, 65535, network.overlay->port);
}

} // namespace

void read_options(const nlohmann::json& options, const std::string& name, Network& network) {
    ObjectReader option(options, name);
    network.metric = read_number(option, "metric", 0, UINT32_MAX, std::uint32_t(0));
    network.no_default_route = read_bool(option, "no_default_route", false);
    if (network.conflist) {
        option.refuse_unknown();
        return;
    }
    if (option.member("mtu")) {
        network.mtu = read_number(option, "mtu", least_mtu, most_mtu, 0U);
    }
    if (network.overlay) {
        read_overlay_options(option, network);
        option.refuse_unknown();
        return;
    }
    network.vlan = read_number(option, "vlan", 1, most_vlan, 0U);
    if (network.driver == "macvlan") {
        read_macvlan_options(option, network);
    } else if (network.driver == "ipvlan") {
        read_ipvlan_options(option, network);
    } else {
        read_bridge_options(option, network);
    }
    option.refuse_unknown();
}

} // namespace ocinet::oci
