// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/ops/announce.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <cerrno>

#include "netsetup/json.h"
#include "netsetup/link.h"

namespace ocinet::ops {

OCINET_JSON(AnnounceAddress, way, interface, address)

namespace {

netlink::Message neighbour(const AnnounceAddress& op, int index, std::uint16_t type,
                           std::uint16_t flags) {
    netlink::Message message(type, flags);
    auto& header = message.header<ndmsg>();
    header.ndm_family = std::uint8_t(op.address.family());
    header.ndm_ifindex = index;
    header.ndm_flags = type == RTM_NEWNEIGH ? NTF_USE : 0;
    message.put(NDA_DST, op.address.data(), op.address.size());
    return message;
}

} // namespace

Description describe(const AnnounceAddress& op) {
    const std::string tail = op.address.text() + " dev " + op.interface;
    return {{"nsenter -t $PID -n ip neigh replace " + tail + " use",
             "nsenter -t $PID -n ip neigh del " + tail},
            {}};
}

Needs needs(const AnnounceAddress&) {
    return {.container = true};
}

// The kernel itself asks for the container's own address: that is the announcement. A packet socket
// would do, too, but closing one waits 15 ms for a grace period (packet_release), and it would take
// CAP_NET_RAW. The question's entry goes at once: nobody is to answer it.
void apply(const AnnounceAddress& op, Context& context) {
    for (const auto& link : op.way) {
        link::settle_carrier(context.route, link);
    }
    auto& route = context.container->route;
    const auto found = link::find(route, op.interface);
    if (!found) {
        throw Error("the container has no interface " + op.interface);
    }
    std::vector<netlink::Message> messages;
    messages.push_back(neighbour(op, found->index, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE));
    messages.push_back(neighbour(op, found->index, RTM_DELNEIGH, 0));
    messages.back().allow(ENOENT).command(1);
    route.send(messages);
}

void undo(const AnnounceAddress&, Context&, Undo) {}

std::vector<std::string> check(const AnnounceAddress&, Context&) {
    return {};
}

} // namespace ocinet::ops
