// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <linux/netlink.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "netsetup/base/error.h"
#include "netsetup/base/fd.h"

/// Netlink as this project uses it: many messages in one send, their answers read at once, the
/// kernel's own words (extack) in every error. The format is that of RFC 3549 and of the kernel's
/// Documentation/userspace-api/netlink/intro.rst; attributes.h reads what comes back.
namespace ocinet::netlink {

/// One message under construction. Attributes that do not fit into its capacity are an Error.
class Message {
public:
    Message(std::uint16_t type, std::uint16_t flags, std::size_t capacity = 2048);

    /// Adds the family's header (ifinfomsg, nfgenmsg, …), zeroed; before any attribute.
    template <typename Header>
    Header& header() {
        return *reinterpret_cast<Header*>(append(sizeof(Header)));
    }
    Message& put(std::uint16_t type, const void* data, std::size_t size);
    Message& put_u8(std::uint16_t type, std::uint8_t value) { return put(type, &value, 1); }
    Message& put_u16(std::uint16_t type, std::uint16_t value) { return put(type, &value, 2); }
    Message& put_u32(std::uint16_t type, std::uint32_t value) { return put(type, &value, 4); }
    /// With its final NUL, as rtnetlink's names are written.
    Message& put_string(std::uint16_t type, std::string_view text);
    /// A nested attribute, filled by `fill`.
    template <typename Fill>
    Message& nest(std::uint16_t type, Fill fill) {
        const std::size_t start = size_;
        put(std::uint16_t(type | NLA_F_NESTED), nullptr, 0);
        fill(*this);
        end_nest(start);
        return *this;
    }

    /// An error number that is a success here: EEXIST where the goal is that a thing exists.
    Message& allow(int error);
    /// Which of its operation's printed commands this message is (ops: describe()).
    Message& command(int index);

    nlmsghdr* get() const { return reinterpret_cast<nlmsghdr*>(buffer_.get()); }
    int allowed() const { return allowed_; }
    int command() const { return command_; }

private:
    /// Room for `size` bytes more, zeroed.
    char* append(std::size_t size);
    void end_nest(std::size_t start);

    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_;
    std::size_t size_ = 0;
    int allowed_ = 0;
    int command_ = 0;
};

/// A message of a subsystem of netfilter's (nfnetlink.h: NFNL_SUBSYS_NFTABLES, …).
Message netfilter_message(std::uint8_t subsystem, std::uint8_t type, std::uint8_t family,
                          std::uint16_t flags = 0, std::size_t capacity = 2048);

/// A request that the kernel refused.
class Refused : public Error {
public:
    Refused(int error, std::string_view extack, int command);
    int error() const { return error_; }

private:
    int error_;
};

/// A netlink socket of the namespace in which it was opened; it stays bound to that namespace.
class Socket {
public:
    /// `protocol`: NETLINK_ROUTE, NETLINK_NETFILTER, NETLINK_SOCK_DIAG. Throws Error.
    static Socket open(int protocol);

    using Answer = std::function<void(const nlmsghdr&)>;

    /// Sends all messages at once, in order, and waits for the kernel's answer to each: it works
    /// on all of them even when an earlier one fails. Throws Refused for the first that did. Data
    /// messages that come back go to `answer`.
    void send(std::span<Message> messages, const Answer& answer = {});
    void send(Message message, const Answer& answer = {});
    /// nf_tables and its like: `messages`, one at least, between a batch's begin and end: all or
    /// nothing.
    void send_transaction(std::vector<Message> messages);
    /// A dump; every object goes to `answer`, some of them twice when the list changed while it was
    /// read: then it is read again, from its beginning, which `again` is told.
    void dump(Message request, const Answer& answer, const std::function<void()>& again = {});

    int fd() const { return fd_.get(); }

private:
    explicit Socket(Fd fd) : fd_(std::move(fd)) {}
    void make_room(std::size_t size);
    std::uint32_t transmit(std::span<Message> messages);
    bool dump_once(Message& request, const Answer& answer);
    template <typename OnMessage>
    bool receive(int flags, OnMessage on_message);
    void settle(std::uint32_t first, std::span<Message> messages, const Answer& answer);

    Fd fd_;
    std::uint32_t sequence_ = 0;
};

} // namespace ocinet::netlink
