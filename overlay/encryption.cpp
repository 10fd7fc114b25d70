// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/encryption.h"

#include <linux/netlink.h>

#include "netsetup/base/error.h"
#include "netsetup/link.h"
#include "oci-config/overlay.h"
#include "overlay/host_key.h"

namespace ocinet::overlay {

Encryption::Encryption(std::string directory, const IpAddress& address, std::uint16_t port)
    : directory_(std::move(directory)), address_(address), port_(port),
      route_(netlink::Socket::open(NETLINK_ROUTE)) {}

const wireguard::Key& Encryption::ensure() {
    const auto found = link::find(route_, oci::encrypting_interface);
    if (!found || found->index != index_ || !found->up) {
        make();
    }
    return public_key_;
}

// Of the public key, which the kernel computes, follows its address.
void Encryption::make() {
    known_.reset();
    const auto key = own_key(directory_);
    const unsigned mtu = underlay_mtu() - wireguard::overhead(address_);
    index_ = wireguard::ensure(route_, oci::encrypting_interface);
    public_key_ = wireguard::Control::open().configure(index_, key, port_);
    wireguard::raise(route_, oci::encrypting_interface, {inner_address(public_key_), inner_length},
                     mtu);
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
    std::vector<wireguard::Key> gone;
    auto control = wireguard::Control::open();
    for (const auto& key : control.peers(index_)) {
        if (!wanted.contains(key)) {
            gone.push_back(key);
        }
    }
    std::vector<wireguard::Peer> changed;
    for (const auto& [key, peer] : wanted) {
        if (!known_ || !known_->contains(key) || known_->at(key) != peer) {
            changed.push_back(peer);
        }
    }
    control.forget(index_, gone);
    control.put(index_, changed);
    known_ = std::move(wanted);
}

} // namespace ocinet::overlay
