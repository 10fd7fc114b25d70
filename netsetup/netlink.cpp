// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/netlink.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "netsetup/attributes.h"

namespace ocinet::netlink {

namespace {

// Large enough for what a dump puts into one datagram (net/netlink: 32 KiB at most).
constexpr std::size_t receive_size = 65536;

// Half the least default of net.core.wmem_default.
constexpr std::size_t roomy_enough = 65536;

// Headers and attributes begin at multiples of four bytes (NLMSG_ALIGNTO, NLA_ALIGNTO).
constexpr std::size_t aligned(std::size_t size) {
    return NLA_ALIGN(size);
}

std::uint16_t attribute_length(std::size_t size) {
    if (size > UINT16_MAX) {
        throw Error("a netlink attribute of " + std::to_string(size) + " bytes");
    }
    return std::uint16_t(size);
}

// The kernel's own words in an acknowledgement (NETLINK_EXT_ACK), or nothing.
std::string extack_of(const nlmsghdr& message) {
    const auto& error = header_of<nlmsgerr>(message);
    if (!(message.nlmsg_flags & NLM_F_ACK_TLVS)) {
        return {};
    }
    // Unless capped, the request stands between the error and its attributes.
    std::size_t offset = sizeof error;
    if (!(message.nlmsg_flags & NLM_F_CAPPED)) {
        offset += error.msg.nlmsg_len - sizeof(nlmsghdr);
    }
    return text_of(attribute(message, offset, NLMSGERR_ATTR_MSG));
}

Message batch_bound(std::uint16_t type) {
    Message message(type, 0, 64);
    message.header<nfgenmsg>().res_id = htons(NFNL_SUBSYS_NFTABLES);
    return message;
}

} // namespace

Message::Message(std::uint16_t type, std::uint16_t flags, std::size_t capacity)
    : buffer_(std::make_unique<char[]>(capacity)), capacity_(capacity) {
    append(sizeof(nlmsghdr));
    get()->nlmsg_type = type;
    get()->nlmsg_flags = std::uint16_t(NLM_F_REQUEST | flags);
}

char* Message::append(std::size_t size) {
    if (size_ + aligned(size) > capacity_) {
        throw Error("a netlink message outgrew its " + std::to_string(capacity_) + " bytes");
    }
    char* start = buffer_.get() + size_;
    size_ += aligned(size);
    get()->nlmsg_len = std::uint32_t(size_);
    return start;
}

Message& Message::put(std::uint16_t type, const void* data, std::size_t size) {
    const nlattr header{attribute_length(NLA_HDRLEN + size), type};
    char* start = append(header.nla_len);
    std::memcpy(start, &header, sizeof header);
    if (size != 0) {
        std::memcpy(start + NLA_HDRLEN, data, size);
    }
    return *this;
}

void Message::end_nest(std::size_t start) {
    reinterpret_cast<nlattr*>(buffer_.get() + start)->nla_len = attribute_length(size_ - start);
}

Message& Message::put_string(std::uint16_t type, std::string_view text) {
    const std::string terminated(text);
    return put(type, terminated.c_str(), terminated.size() + 1);
}

Message& Message::allow(int error) {
    allowed_ = error;
    return *this;
}

Message& Message::command(int index) {
    command_ = index;
    return *this;
}

Message netfilter_message(std::uint8_t subsystem, std::uint8_t type, std::uint8_t family,
                          std::uint16_t flags, std::size_t capacity) {
    Message message(std::uint16_t(subsystem << 8 | type), flags, capacity);
    auto& header = message.header<nfgenmsg>();
    header.nfgen_family = family;
    header.version = NFNETLINK_V0;
    return message;
}

Refused::Refused(int error, std::string_view extack, int command)
    : Error(errno_text(error) + (extack.empty() ? "" : ": " + std::string(extack))), error_(error) {
    at(command);
}

Socket Socket::open(int protocol) {
    Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
    if (!fd) {
        throw_errno("netlink socket");
    }
    const int on = 1;
    for (const int option : {NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK}) {
        if (::setsockopt(fd.get(), SOL_NETLINK, option, &on, sizeof on) != 0) {
            throw_errno("netlink socket option");
        }
    }
    return Socket(std::move(fd));
}

// A datagram must fit into the socket's buffer as a whole; one with a thousand elements does not
// fit into the default one.
void Socket::make_room(std::size_t size) {
    if (size <= roomy_enough) {
        return;
    }
    const int wanted = int(size * 2);
    if (::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDBUFFORCE, &wanted, sizeof wanted) != 0) {
        throw_errno("enlarge a netlink socket's buffer");
    }
}

// Numbers the messages and sends them as one datagram; returns the first one's number.
std::uint32_t Socket::transmit(std::span<Message> messages) {
    const std::uint32_t first = sequence_ + 1;
    std::vector<iovec> parts;
    parts.reserve(messages.size());
    std::size_t size = 0;
    for (auto& message : messages) {
        message.get()->nlmsg_seq = ++sequence_;
        parts.push_back({message.get(), message.get()->nlmsg_len});
        size += message.get()->nlmsg_len;
    }
    make_room(size);
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    msghdr datagram{};
    datagram.msg_name = &kernel;
    datagram.msg_namelen = sizeof kernel;
    datagram.msg_iov = parts.data();
    datagram.msg_iovlen = parts.size();
    while (::sendmsg(fd_.get(), &datagram, 0) < 0) {
        if (errno != EINTR) {
            throw_errno("send to the kernel over netlink");
        }
    }
    return first;
}

// One datagram's messages to `on_message`; false when `flags` say not to wait and there is none.
template <typename OnMessage>
bool Socket::receive(int flags, OnMessage on_message) {
    std::array<char, receive_size> buffer;
    ssize_t got = 0;
    do {
        got = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_TRUNC | flags);
    } while (got < 0 && errno == EINTR);
    if (got < 0 && errno == EAGAIN) {
        return false;
    }
    if (got < 0) {
        throw_errno("receive from the kernel over netlink");
    }
    if (std::size_t(got) > buffer.size()) {
        throw Error("the kernel's netlink answer is larger than expected");
    }
    for (std::size_t at = 0; at + sizeof(nlmsghdr) <= std::size_t(got);) {
        const auto& message = *reinterpret_cast<const nlmsghdr*>(buffer.data() + at);
        if (message.nlmsg_len < sizeof message || message.nlmsg_len > std::size_t(got) - at) {
            throw Error("the kernel's netlink answer is malformed");
        }
        on_message(message);
        at += aligned(message.nlmsg_len);
    }
    return true;
}

// The kernel works while sendmsg() runs: every answer is queued when it returns. A transaction that
// fails answers only the messages that were at fault, so an empty queue ends the answers, too.
void Socket::settle(std::uint32_t first, std::span<Message> messages, const Answer& answer) {
    std::size_t open = 0;
    for (const auto& message : messages) {
        open += (message.get()->nlmsg_flags & NLM_F_ACK) != 0 ? 1 : 0;
    }
    std::optional<Refused> refused;
    const auto on_message = [&](const nlmsghdr& message) {
        const std::uint32_t index = message.nlmsg_seq - first;
        if (index >= messages.size()) {
            return; // of an earlier request
        }
        if (message.nlmsg_type != NLMSG_ERROR) {
            if (answer) {
                answer(message);
            }
            return;
        }
        const int error = -header_of<nlmsgerr>(message).error;
        if (error != 0 && error != messages[index].allowed() && !refused) {
            refused = Refused(error, extack_of(message), messages[index].command());
        }
        --open;
    };
    while (open != 0 && receive(MSG_DONTWAIT, on_message)) {
    }
    if (refused) {
        throw *refused;
    }
    if (open != 0) {
        throw Error("the kernel left a netlink request without an answer");
    }
}

void Socket::send(std::span<Message> messages, const Answer& answer) {
    for (auto& message : messages) {
        message.get()->nlmsg_flags |= NLM_F_ACK;
    }
    settle(transmit(messages), messages, answer);
}

void Socket::send(Message message, const Answer& answer) {
    send(std::span(&message, 1), answer);
}

void Socket::send_transaction(std::vector<Message> messages) {
    // One answer for all: thousands of them would not fit into the socket's buffer. A message that
    // fails is answered in any case.
    messages.back().get()->nlmsg_flags |= NLM_F_ACK;
    messages.insert(messages.begin(), batch_bound(NFNL_MSG_BATCH_BEGIN));
    messages.push_back(batch_bound(NFNL_MSG_BATCH_END));
    settle(transmit(messages), messages, {});
}

// False when the list changed while it was read: it may lack what was there all the time.
bool Socket::dump_once(Message& request, const Answer& answer) {
    const std::uint32_t sequence = transmit(std::span(&request, 1));
    bool done = false;
    bool consistent = true;
    int error = 0;
    const auto on_message = [&](const nlmsghdr& message) {
        if (message.nlmsg_seq != sequence) {
            return;
        }
        consistent = consistent && (message.nlmsg_flags & NLM_F_DUMP_INTR) == 0;
        if (message.nlmsg_type == NLMSG_ERROR) {
            throw Refused(-header_of<nlmsgerr>(message).error, extack_of(message),
                          request.command());
        }
        if (message.nlmsg_type == NLMSG_DONE) {
            // Its payload is the dump's result (net/netlink/af_netlink.c: netlink_dump_done).
            done = true;
            error = message.nlmsg_len >= NLMSG_LENGTH(sizeof(int)) ? -header_of<int>(message) : 0;
        } else {
            answer(message);
        }
    };
    try {
        while (!done) {
            receive(0, on_message);
        }
    } catch (...) {
        // A dump that nobody reads to its end keeps the socket busy: the roll-back needs it.
        while (!done && receive(MSG_DONTWAIT, [&](const nlmsghdr& message) {
            done = message.nlmsg_type == NLMSG_DONE || message.nlmsg_type == NLMSG_ERROR;
        })) {
        }
        throw;
    }
    if (error > 0) {
        throw Refused(error, "", request.command());
    }
    return consistent;
}

void Socket::dump(Message request, const Answer& answer, const std::function<void()>& again) {
    constexpr int most_attempts = 20;
    request.get()->nlmsg_flags |= NLM_F_DUMP;
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        if (dump_once(request, answer)) {
            return;
        }
        if (again) {
            again();
        }
    }
    throw Error("the kernel's list changed each time that it was read");
}

} // namespace ocinet::netlink
