// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/attributes.h"

#include <algorithm>

namespace ocinet::netlink {

namespace {

// Calls `visit` with each attribute of the type, until it returns false.
template <typename Visit>
void walk(std::string_view list, std::uint16_t type, Visit visit) {
    while (list.size() >= sizeof(nlattr)) {
        const auto* attr = reinterpret_cast<const nlattr*>(list.data());
        if (attr->nla_len < sizeof(nlattr) || attr->nla_len > list.size() ||
            ((attr->nla_type & NLA_TYPE_MASK) == type && !visit(attr))) {
            return;
        }
        // The last one may lack its padding.
        list.remove_prefix(std::min<std::size_t>(NLA_ALIGN(attr->nla_len), list.size()));
    }
}

const nlattr* first(std::string_view list, std::uint16_t type) {
    const nlattr* found = nullptr;
    walk(list, type, [&](const nlattr* attr) {
        found = attr;
        return false;
    });
    return found;
}

template <typename Number>
Number number_of(const nlattr* attribute) {
    Number number = 0;
    const auto bytes = bytes_of(attribute);
    if (bytes.size() >= sizeof number) {
        bytes.copy(reinterpret_cast<char*>(&number), sizeof number);
    }
    return number;
}

} // namespace

const nlattr* attribute(const nlmsghdr& message, std::size_t header_size, std::uint16_t type) {
    const std::size_t offset = NLMSG_HDRLEN + NLMSG_ALIGN(header_size);
    const std::string_view whole(reinterpret_cast<const char*>(&message), message.nlmsg_len);
    return whole.size() > offset ? first(whole.substr(offset), type) : nullptr;
}

const nlattr* nested(const nlattr* parent, std::uint16_t type) {
    return first(bytes_of(parent), type);
}

std::vector<const nlattr*> all_nested(const nlattr* parent, std::uint16_t type) {
    std::vector<const nlattr*> found;
    walk(bytes_of(parent), type, [&](const nlattr* attr) {
        found.push_back(attr);
        return true;
    });
    return found;
}

std::string_view bytes_of(const nlattr* attribute) {
    return attribute ? std::string_view(reinterpret_cast<const char*>(attribute) + NLA_HDRLEN,
                                        std::size_t(attribute->nla_len) - NLA_HDRLEN)
                     : std::string_view();
}

std::string text_of(const nlattr* attribute) {
    const auto bytes = bytes_of(attribute);
    return std::string(bytes.substr(0, bytes.find('\0')));
}

std::optional<IpAddress> address_of(const nlattr* attribute) {
    const auto bytes = bytes_of(attribute);
    return attribute ? std::optional(IpAddress::from_bytes(bytes.data(), bytes.size()))
                     : std::nullopt;
}

std::uint8_t u8_of(const nlattr* attribute) {
    return number_of<std::uint8_t>(attribute);
}

std::uint16_t u16_of(const nlattr* attribute) {
    return number_of<std::uint16_t>(attribute);
}

std::uint32_t u32_of(const nlattr* attribute) {
    return number_of<std::uint32_t>(attribute);
}

} // namespace ocinet::netlink
