// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/link_watch.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "netsetup/base/error.h"

namespace ocinet {

namespace {

/// What one recv() brings.
struct Heard {
    /// Something. What does not fit into the socket's buffer was something, too.
    bool any = false;
    bool lost = false;
    std::set<int> links;
};

// Of a link, or of one of its addresses.
int index_in(const nlmsghdr& message) {
    if (message.nlmsg_type == RTM_NEWADDR || message.nlmsg_type == RTM_DELADDR) {
        return int(static_cast<const ifaddrmsg*>(NLMSG_DATA(&message))->ifa_index);
    }
    return message.nlmsg_len >= NLMSG_LENGTH(sizeof(ifinfomsg))
               ? static_cast<const ifinfomsg*>(NLMSG_DATA(&message))->ifi_index
               : 0;
}

Heard hear(const Fd& socket, int flags) {
    alignas(nlmsghdr) std::array<char, 8192> buffer{};
    ssize_t size = 0;
    while ((size = ::recv(socket.get(), buffer.data(), buffer.size(), flags)) < 0 &&
           errno == EINTR) {
    }
    if (size < 0 && errno != EAGAIN && errno != ENOBUFS) {
        throw_errno("hear of links");
    }
    Heard heard{.any = size >= 0 || errno == ENOBUFS, .lost = size < 0 && errno == ENOBUFS};
    const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());
    for (auto left = unsigned(std::max<ssize_t>(size, 0));
         NLMSG_OK(message, left) && message->nlmsg_len >= NLMSG_LENGTH(sizeof(ifaddrmsg));
         message = NLMSG_NEXT(message, left)) {
        heard.links.insert(index_in(*message));
    }
    return heard;
}

} // namespace

LinkWatch LinkWatch::open() {
    Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK | RTMGRP_IPV6_IFADDR;
    if (!socket ||
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw_errno("watch links");
    }
    return LinkWatch(std::move(socket));
}

bool LinkWatch::wait(const Deadline& deadline) {
    using Milliseconds = Deadline::Milliseconds;
    // Zero would be for ever.
    const auto patience = deadline.patience(Milliseconds(1), Milliseconds(10000)).count();
    const timeval limit{.tv_sec = patience / 1000, .tv_usec = patience % 1000 * 1000};
    if (::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0) {
        throw_errno("limit the time to hear of links");
    }
    if (!hear(socket_, 0).any) {
        return false;
    }
    changed(); // all of one change
    return true;
}

std::optional<std::set<int>> LinkWatch::changed() {
    std::set<int> links;
    bool lost = false;
    Heard heard;
    while ((heard = hear(socket_, MSG_DONTWAIT)).any) {
        links.merge(heard.links);
        lost = lost || heard.lost;
    }
    return lost ? std::nullopt : std::optional(std::move(links));
}

} // namespace ocinet
