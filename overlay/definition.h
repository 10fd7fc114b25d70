// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "oci-config/overlay.h"

namespace ocinet::overlay {

/// RFC 7348, section 5: 24 bits.
inline constexpr std::uint32_t most_vni = (1U << 24) - 1;

/// What all hosts that carry a network agree on. It stands in etcd, written by the first of them.
struct Definition {
    std::vector<oci::Subnet> subnets;
    std::uint32_t vni = 0;
    std::uint16_t port = 4789;
    /// Who tells the hosts where containers are: etcd, or, with evpn, not this program.
    oci::Overlay::Control control = oci::Overlay::Control::etcd;
    bool encrypted = false;
    /// How many addresses a host takes at once, a power of two.
    std::uint64_t block_size = 64;

    bool operator==(const Definition&) const = default;
};

/// Throws Error, which names the document.
Definition parse_definition(const std::string& text, const std::string& document);
std::string to_text(const Definition& definition);

/// In the form of a network file's `subnets`.
nlohmann::json subnets_json(const std::vector<oci::Subnet>& subnets);

/// A block of one address, which a container asked for by ip=: it moves with that.
inline Prefix single(const IpAddress& address) {
    return {address, address.bits()};
}
inline bool is_single(const Prefix& block) {
    return block == single(block.address);
}

/// What a host may take of a subnet ahead of need: its `index`th part of block_size addresses, or
/// the whole of a smaller one.
struct Blocks {
    Blocks(const oci::Subnet& subnet, std::uint64_t block_size);

    std::uint64_t count = 0;
    Prefix at(std::uint64_t index) const;
    /// Whether it is one of these, with an address that may be given out.
    bool has(const Prefix& block) const;
    /// Whether it is one, or a single address that a container may have.
    bool may_be_taken(const Prefix& block) const;
    /// The one in which the address lies; nothing when it lies in none.
    std::optional<Prefix> around(const IpAddress& address) const;
    /// How many of its addresses may be given out.
    std::uint64_t usable(const Prefix& block) const;

private:
    const oci::Subnet& subnet_;
    std::uint64_t size_;
    unsigned length_;
};

} // namespace ocinet::overlay
