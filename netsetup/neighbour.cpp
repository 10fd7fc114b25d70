// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/neighbour.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "netsetup/attributes.h"
#include "netsetup/routes.h"

namespace ocinet::neighbour {

namespace {

struct Kind {
    int family = 0;
    std::uint8_t flags = 0;
    std::uint16_t state = 0;
};

netlink::Message message(std::uint16_t type, std::uint16_t flags, int link, const Kind& kind) {
    netlink::Message message(type, flags, 128);
    auto& header = message.header<ndmsg>();
    header.ndm_family = std::uint8_t(kind.family);
    header.ndm_ifindex = link;
    header.ndm_flags = kind.flags;
    header.ndm_state = kind.state;
    return message;
}

} // namespace

netlink::Message forwarding(std::uint16_t type, std::uint16_t flags, const Mac& mac, int link,
                            std::uint8_t whose) {
    // The bridge takes a permanent entry for one of its own addresses.
    const std::uint16_t state = NUD_NOARP | (whose == NTF_SELF ? NUD_PERMANENT : NUD_REACHABLE);
    auto entry = message(type, flags, link, {.family = AF_BRIDGE, .flags = whose, .state = state});
    entry.put(NDA_LLADDR, mac.bytes.data(), mac.bytes.size());
    return entry;
}

// Permanent, not NOARP as static entries often are: the kernel forgets such ones without a word
// once there are more than gc_thresh2, 512, and takes none beyond gc_thresh3, 1024
// (net/core/neighbour.c: neigh_forced_gc()).
netlink::Message of_address(std::uint16_t type, std::uint16_t flags, const IpAddress& address,
                            const Mac& mac, int link) {
    auto entry = message(type, flags, link, {.family = address.family(), .state = NUD_PERMANENT});
    entry.put(NDA_DST, address.data(), address.size());
    entry.put(NDA_LLADDR, mac.bytes.data(), mac.bytes.size());
    entry.put_u8(NDA_PROTOCOL, route::our_protocol);
    return entry;
}

netlink::Message ask_forwarding(const Mac& mac, int link, std::uint8_t whose) {
    auto request = message(RTM_GETNEIGH, 0, link, {.family = AF_BRIDGE, .flags = whose});
    request.put(NDA_LLADDR, mac.bytes.data(), mac.bytes.size());
    request.allow(ENOENT);
    return request;
}

netlink::Message ask_address(const IpAddress& address, int link) {
    auto request = message(RTM_GETNEIGH, 0, link, {.family = address.family()});
    request.put(NDA_DST, address.data(), address.size());
    request.allow(ENOENT);
    return request;
}

std::optional<Mac> mac_in(const nlmsghdr& answer) {
    const auto bytes = netlink::bytes_of(netlink::attribute(answer, sizeof(ndmsg), NDA_LLADDR));
    Mac mac;
    if (bytes.size() != mac.bytes.size()) {
        return std::nullopt;
    }
    std::memcpy(mac.bytes.data(), bytes.data(), bytes.size());
    return mac;
}

bool is_ours(const nlmsghdr& answer) {
    return netlink::header_of<ndmsg>(answer).ndm_family != AF_BRIDGE &&
           netlink::u8_of(netlink::attribute(answer, sizeof(ndmsg), NDA_PROTOCOL)) ==
               route::our_protocol;
}

} // namespace ocinet::neighbour
