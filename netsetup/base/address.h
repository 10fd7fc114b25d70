// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ocinet {

/// An IPv4 or IPv6 address, in network byte order.
class IpAddress {
public:
    /// 0.0.0.0
    IpAddress();
    /// 0.0.0.0 or ::
    static IpAddress any(int family);
    /// Strict dotted quad or RFC 4291 text; nothing for anything else.
    static std::optional<IpAddress> parse(std::string_view text);
    static IpAddress from_bytes(const void* bytes, std::size_t size);

    int family() const { return family_; }
    bool is_v4() const;
    /// 4 or 16
    std::size_t size() const { return is_v4() ? 4 : 16; }
    unsigned bits() const { return unsigned(size()) * 8; }
    const std::uint8_t* data() const { return bytes_.data(); }
    std::string text() const;

    bool is_any() const;
    bool is_loopback() const;
    bool is_multicast() const;
    /// Of 0.0.0.0/8, but not 0.0.0.0, or 255.255.255.255: nobody's address.
    bool is_nobodys() const;

    /// The address `offset` further on; the offset is added to the last 64 bits.
    IpAddress plus(std::uint64_t offset) const;
    /// How far this address lies behind `base`, in the last 64 bits.
    std::uint64_t minus(const IpAddress& base) const;

    auto operator<=>(const IpAddress&) const = default;

private:
    int family_;
    std::array<std::uint8_t, 16> bytes_{};
};

/// As it stands before a port: [::1], 127.0.0.1.
std::string bracketed(const IpAddress& address);

/// An address with its prefix length: 10.90.0.5/16. The host bits are kept.
struct Prefix {
    IpAddress address;
    unsigned length = 0;

    static std::optional<Prefix> parse(std::string_view text);
    std::string text() const { return address.text() + "/" + std::to_string(length); }
    /// The address with its host bits cleared.
    IpAddress network() const;
    /// The last address of the prefix; for IPv4 the broadcast address.
    IpAddress last() const;
    bool contains(const IpAddress& other) const;
    bool overlaps(const Prefix& other) const {
        return contains(other.address) || other.contains(address);
    }
    auto operator<=>(const Prefix&) const = default;
};

/// An Ethernet address.
struct Mac {
    std::array<std::uint8_t, 6> bytes{};

    static std::optional<Mac> parse(std::string_view text);
    std::string text() const;
    bool is_multicast() const { return (bytes[0] & 1) != 0; }
    auto operator<=>(const Mac&) const = default;
};

} // namespace ocinet
