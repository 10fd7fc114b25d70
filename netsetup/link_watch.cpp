// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/link_watch.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <utility>

#include "netsetup/base/error.h"

namespace ocinet {

namespace {

// Whether something was heard. What does not fit into the socket's buffer was something, too.
bool hear(const Fd& socket, int flags) {
    std::array<char, 8192> message{};
    ssize_t size = 0;
    while ((size = ::recv(socket.get(), message.data(), message.size(), flags)) < 0 &&
           errno == EINTR) {
    }
    if (size < 0 && errno != EAGAIN && errno != ENOBUFS) {
        throw_errno("hear of links");
    }
    return size >= 0 || errno == ENOBUFS;
}

} // namespace

LinkWatch LinkWatch::open() {
    Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK;
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
    if (!hear(socket_, 0)) {
        return false;
    }
    clear(); // all of one change
    return true;
}

void LinkWatch::clear() {
    while (hear(socket_, MSG_DONTWAIT)) {
    }
}

} // namespace ocinet
