// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/base/address.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "netsetup/base/text.h"

namespace ocinet {

IpAddress::IpAddress() : family_(AF_INET) {}

bool IpAddress::is_v4() const {
    return family_ == AF_INET;
}

IpAddress IpAddress::any(int family) {
    IpAddress address;
    address.family_ = family;
    return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    IpAddress address;
    const std::string copy(text);
    if (copy.size() != std::strlen(copy.c_str())) {
        return std::nullopt;
    }
    address.family_ = text.find(':') == std::string_view::npos ? AF_INET : AF_INET6;
    if (inet_pton(address.family_, copy.c_str(), address.bytes_.data()) != 1) {
        return std::nullopt;
    }
    return address;
}

IpAddress IpAddress::from_bytes(const void* bytes, std::size_t size) {
    IpAddress address;
    address.family_ = size == 4 ? AF_INET : AF_INET6;
    std::memcpy(address.bytes_.data(), bytes, address.size());
    return address;
}

std::string IpAddress::text() const {
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    return inet_ntop(family_, bytes_.data(), buffer.data(), buffer.size());
}

bool IpAddress::is_any() const {
    return std::all_of(bytes_.begin(), bytes_.end(), [](std::uint8_t byte) { return byte == 0; });
}

bool IpAddress::is_loopback() const {
    return is_v4() ? bytes_[0] == 127 : *this == *parse("::1");
}

bool IpAddress::is_multicast() const {
    return is_v4() ? (bytes_[0] & 0xf0) == 0xe0 : bytes_[0] == 0xff;
}

bool IpAddress::is_nobodys() const {
    return is_v4() && ((bytes_[0] == 0 && !is_any()) || *this == *parse("255.255.255.255"));
}

std::string bracketed(const IpAddress& address) {
    return address.is_v4() ? address.text() : "[" + address.text() + "]";
}

IpAddress IpAddress::plus(std::uint64_t offset) const {
    IpAddress sum = *this;
    const std::size_t low = size() - std::min<std::size_t>(size(), 8);
    for (std::size_t i = size(); i-- > low && offset != 0;) {
        offset += sum.bytes_[i];
        sum.bytes_[i] = std::uint8_t(offset);
        offset >>= 8;
    }
    return sum;
}

std::uint64_t IpAddress::minus(const IpAddress& base) const {
    const auto low_bits = [](const IpAddress& address) {
        std::uint64_t value = 0;
        for (std::size_t i = address.size() - std::min<std::size_t>(address.size(), 8);
             i < address.size(); ++i) {
            value = value << 8 | address.bytes_[i];
        }
        return value;
    };
    return low_bits(*this) - low_bits(base);
}

namespace {

// The address with the bits behind `length` all set to `ones`.
IpAddress fill_host_bits(const IpAddress& address, unsigned length, bool ones) {
    std::array<std::uint8_t, 16> bytes{};
    std::copy_n(address.data(), address.size(), bytes.begin());
    for (unsigned bit = length; bit < address.bits(); ++bit) {
        const auto mask = std::uint8_t(0x80 >> (bit % 8));
        bytes[bit / 8] = std::uint8_t(ones ? bytes[bit / 8] | mask : bytes[bit / 8] & ~mask);
    }
    return IpAddress::from_bytes(bytes.data(), address.size());
}

} // namespace

std::optional<Prefix> Prefix::parse(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) {
        return std::nullopt;
    }
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address) {
        return std::nullopt;
    }
    const auto length = parse_number(text.substr(slash + 1), 0, address->bits());
    if (!length) {
        return std::nullopt;
    }
    return Prefix{*address, unsigned(*length)};
}

IpAddress Prefix::network() const {
    return fill_host_bits(address, length, false);
}

IpAddress Prefix::last() const {
    return fill_host_bits(address, length, true);
}

bool Prefix::contains(const IpAddress& other) const {
    return other.family() == address.family() && fill_host_bits(other, length, false) == network();
}

std::optional<Mac> Mac::parse(std::string_view text) {
    Mac mac;
    if (text.size() != 17) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < 6; ++i) {
        const auto digits = text.substr(i * 3, 2);
        if (i < 5 && text[i * 3 + 2] != ':') {
            return std::nullopt;
        }
        unsigned value = 0;
        for (const char c : digits) {
            const char* hex = "0123456789abcdef";
            const char lower = c >= 'A' && c <= 'F' ? char(c + 32) : c;
            const char* at = lower ? std::strchr(hex, lower) : nullptr;
            if (!at) {
                return std::nullopt;
            }
            value = value * 16 + unsigned(at - hex);
        }
        mac.bytes[i] = std::uint8_t(value);
    }
    return mac;
}

std::string Mac::text() const {
    std::string text;
    for (const auto byte : bytes) {
        const char* hex = "0123456789abcdef";
        text += text.empty() ? "" : ":";
        text += hex[byte >> 4];
        text += hex[byte & 15];
    }
    return text;
}

} // namespace ocinet
