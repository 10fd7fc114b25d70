// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/attributes.h"

namespace ocinet::netlink {

namespace {

// Calls `visit` with each attribute of the type, until it returns false.
template <typename Visit>
void walk(const void* start, std::size_t size, std::uint16_t type, Visit visit) {
    const char* end = static_cast<const char*>(start) + size;
    const auto* attr = static_cast<const nlattr*>(start);
    while (mnl_attr_ok(attr, int(end - reinterpret_cast<const char*>(attr)))) {
        if (mnl_attr_get_type(attr) == type && !visit(attr)) {
            return;
        }
        attr = mnl_attr_next(attr);
    }
}

const nlattr* first(const void* start, std::size_t size, std::uint16_t type) {
    const nlattr* found = nullptr;
    walk(start, size, type, [&](const nlattr* attr) {
        found = attr;
        return false;
    });
    return found;
}

} // namespace

const nlattr* attribute(const nlmsghdr& message, std::size_t header_size, std::uint16_t type) {
    const auto* start =
        static_cast<const char*>(mnl_nlmsg_get_payload_offset(&message, header_size));
    const auto* end = static_cast<const char*>(mnl_nlmsg_get_payload_tail(&message));
    return first(start, std::size_t(end - start), type);
}

const nlattr* nested(const nlattr* parent, std::uint16_t type) {
    return parent ? first(mnl_attr_get_payload(parent), mnl_attr_get_payload_len(parent), type)
                  : nullptr;
}

std::vector<const nlattr*> all_nested(const nlattr* parent, std::uint16_t type) {
    std::vector<const nlattr*> found;
    if (parent) {
        walk(mnl_attr_get_payload(parent), mnl_attr_get_payload_len(parent), type,
             [&](const nlattr* attr) {
                 found.push_back(attr);
                 return true;
             });
    }
    return found;
}

std::string text_of(const nlattr* attribute) {
    return attribute ? std::string(mnl_attr_get_str(attribute)) : std::string();
}

std::uint8_t u8_of(const nlattr* attribute) {
    return attribute ? mnl_attr_get_u8(attribute) : 0;
}

std::uint16_t u16_of(const nlattr* attribute) {
    return attribute ? mnl_attr_get_u16(attribute) : 0;
}

std::uint32_t u32_of(const nlattr* attribute) {
    return attribute ? mnl_attr_get_u32(attribute) : 0;
}

} // namespace ocinet::netlink
