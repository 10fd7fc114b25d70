// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/encryption.h"

#include <linux/netlink.h>

#include <algorithm>
#include <utility>

#include "netsetup/base/error.h"
#include "netsetup/link.h"
#include "oci-config/overlay.h"
#include "overlay/host_key.h"

namespace ocinet::overlay {

namespace {

// RFC 8200, section 5: the addresses inside are IPv6.
constexpr unsigned least_mtu = 1280;

Prefix inner_prefix(const wireguard::Key& public_key) {
    return {inner_address(public_key), inner_length};
}

} // namespace

Encryption::Encryption(std::string directory, const IpAddress& address, std::uint16_t port)
    : directory_(std::move(directory)), address_(address), port_(port),
      route_(netlink::Socket::open(NETLINK_ROUTE)) {}

const wireguard::Key& Encryption::ensure() {
    if (!is_there()) {
        make();
    }
    return public_key_;
}

// The one that was made, as it was made: an interface that is set down loses its address, and does
// not get it back; with a smaller MTU than IPv6 needs it has none.
bool Encryption::is_there() {
    const auto found = link::find(route_, oci::encrypting_interface);
    if (!found || found->index != index_ || !found->up || found->mtu != mtu_) {
        return false;
    }
    const auto addresses = link::addresses(route_, index_);
    return std::find(addresses.begin(), addresses.end(), inner_prefix(public_key_)) !=
           addresses.end();
}

// Of the public key, which the kernel computes, follows its address.
void Encryption::make() {
    known_.reset();
    const auto key = own_key(directory_);
    mtu_ = inner_mtu();
    index_ = wireguard::ensure(route_, oci::encrypting_interface);
    public_key_ = wireguard::Control::open().configure(index_, key, port_);
    wireguard::raise(route_, oci::encrypting_interface, inner_prefix(public_key_), mtu_);
}

unsigned Encryption::inner_mtu() {
    const unsigned most = underlay_mtu();
    const unsigned cost = wireguard::overhead(address_);
    if (most < least_mtu + cost) {
        throw Error("the interface with the address " + address_.text() + " carries " +
                    std::to_string(most) + " bytes: what is encrypted needs " +
                    std::to_string(least_mtu + cost));
    }
    return most - cost;
}

unsigned Encryption::underlay_mtu() {
    for (const auto& one : link::all_addresses(route_, address_.family())) {
        const auto link =
            one.prefix.address == address_ ? link::find(route_, one.index) : std::nullopt;
        if (link) {
            return link->mtu;
        }
    }
    throw Error("none of this host's interfaces has the address " + address_.text() +
                ", from which its tunnels lead");
}

// Who stays stays as he is: WireGuard keeps its sessions.
void Encryption::apply(const std::vector<wireguard::Peer>& peers) {
    std::map<wireguard::Key, wireguard::Peer> wanted;
    for (const auto& peer : peers) {
        wanted[peer.public_key] = peer;
    }
    if (known_ == wanted) {
        return;
    }
    // What fails halfway leaves nothing known.
    const auto known = std::exchange(known_, std::nullopt);
    std::vector<wireguard::Key> gone;
    auto control = wireguard::Control::open();
    for (const auto& key : control.peers(index_)) {
        if (!wanted.contains(key)) {
            gone.push_back(key);
        }
    }
    std::vector<wireguard::Peer> changed;
    for (const auto& [key, peer] : wanted) {
        if (!known || !known->contains(key) || known->at(key) != peer) {
            changed.push_back(peer);
        }
    }
    control.forget(index_, gone);
    control.put(index_, changed);
    known_ = std::move(wanted);
}

} // namespace ocinet::overlay
