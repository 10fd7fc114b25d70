// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <linux/netlink.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "netsetup/base/address.h"

/// How a netlink message that came is read. It must be complete (Socket sees to that).
namespace ocinet::netlink {

/// The family's header: ifinfomsg, nfgenmsg, …
template <typename Header>
const Header& header_of(const nlmsghdr& message) {
    return *reinterpret_cast<const Header*>(reinterpret_cast<const char*>(&message) + NLMSG_HDRLEN);
}

/// The attribute `type` of a message with a family header of `header_size` bytes; or nullptr.
const nlattr* attribute(const nlmsghdr& message, std::size_t header_size, std::uint16_t type);
const nlattr* nested(const nlattr* parent, std::uint16_t type);
/// A list has its members under one type.
std::vector<const nlattr*> all_nested(const nlattr* parent, std::uint16_t type);
/// What an attribute holds; that of one which is not there is nothing, empty, or 0.
std::string_view bytes_of(const nlattr* attribute);
std::string text_of(const nlattr* attribute);
std::optional<IpAddress> address_of(const nlattr* attribute);
std::uint8_t u8_of(const nlattr* attribute);
std::uint16_t u16_of(const nlattr* attribute);
std::uint32_t u32_of(const nlattr* attribute);

} // namespace ocinet::netlink
