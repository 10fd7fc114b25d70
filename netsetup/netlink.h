// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <libmnl/libmnl.h>

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
/// kernel's own words (extack) in every error. libmnl builds and walks the messages.
namespace ocinet::netlink {

/// One message under construction. Attributes that do not fit into its capacity are an Error.
class Message {
public:
    Message(std::uint16_t type, std::uint16_t flags, std::size_t capacity = 2048);

    /// Adds the family's header (ifinfomsg, nfgenmsg, …), zeroed; before any attribute.
    template <typename Header>
    Header& header() {
        return *static_cast<Header*>(mnl_nlmsg_put_extra_header(get(), sizeof(Header)));
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
        nlattr* start = mnl_attr_nest_start(get(), type);
        require_room(0);
        fill(*this);
        mnl_attr_nest_end(get(), start);
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
    void require_room(std::size_t size) const;

    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_;
    int allowed_ = 0;
    int command_ = 0;
};

/// A request that the kernel refused.
class Refused : public Error {
public:
    Refused(int error, std::string_view extack, int command);
    int error() const { return error_; }
    int command() const { return command_; }

private:
    int error_;
    int command_;
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
    /// read: then it is read again.
    void dump(Message request, const Answer& answer);

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
