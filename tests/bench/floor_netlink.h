// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

/// Netlink by hand: the floor loads no library, allocates nothing, and so costs what the kernel
/// costs.
namespace ocinet::floor {

[[noreturn]] inline void die(const char* what, int error) {
    std::fprintf(stderr, "ocinet-floor: %s: %s\n", what, std::strerror(error));
    std::exit(1);
}

/// Several messages for one netlink family that leave in one send.
class Batch {
public:
    /// Begins a message; `label` names it in an error. Only a message with NLM_F_ACK is answered.
    template <typename Header>
    void begin(std::uint16_t type, unsigned flags, const Header& header, const char* label) {
        if (count_ == labels_.size()) {
            die("batch", ENOBUFS);
        }
        message_ = size_;
        nlmsghdr head{};
        head.nlmsg_type = type;
        head.nlmsg_flags = std::uint16_t(NLM_F_REQUEST | flags);
        head.nlmsg_seq = count_;
        labels_[count_++] = label;
        answers_ += (flags & NLM_F_ACK) != 0 ? 1 : 0;
        append(&head, sizeof head);
        append(&header, sizeof header);
        close();
    }
    void put(std::uint16_t type, const void* data, std::size_t size) {
        const nlattr head{std::uint16_t(NLA_HDRLEN + size), type};
        append(&head, sizeof head);
        append(data, size);
        close();
    }
    void put(std::uint16_t type, const char* text) { put(type, text, std::strlen(text) + 1); }
    void put(std::uint16_t type, std::uint32_t number) { put(type, &number, sizeof number); }

    std::size_t nest(std::uint16_t type) {
        const std::size_t at = size_;
        put(std::uint16_t(type | NLA_F_NESTED), nullptr, 0);
        return at;
    }
    /// Raw bytes inside a nest, as VETH_INFO_PEER wants its ifinfomsg.
    void raw(const void* data, std::size_t size) {
        append(data, size);
        close();
    }
    void end_nest(std::size_t at) {
        const auto length = std::uint16_t(size_ - at);
        std::memcpy(buffer_.data() + at, &length, sizeof length);
    }

    /// Sends everything and reads the answers; dies on the first error but `tolerated`.
    void run(int socket, int tolerated = 0) {
        if (::send(socket, buffer_.data(), size_, 0) != ssize_t(size_)) {
            die("send", errno);
        }
        alignas(nlmsghdr) std::array<char, 16384> reply; // NOLINT: filled by recv
        while (answers_ > 0) {
            const ssize_t got = ::recv(socket, reply.data(), reply.size(), 0);
            if (got < 0) {
                die("recv", errno);
            }
            read_answers(reply.data(), std::size_t(got), tolerated);
        }
    }

private:
    void read_answers(const char* data, std::size_t size, int tolerated) {
        for (std::size_t at = 0; at + sizeof(nlmsghdr) + sizeof(nlmsgerr) <= size;) {
            nlmsghdr head;
            nlmsgerr answer;
            std::memcpy(&head, data + at, sizeof head);
            std::memcpy(&answer, data + at + NLMSG_HDRLEN, sizeof answer);
            if (head.nlmsg_type != NLMSG_ERROR) {
                die("unexpected answer", EPROTO);
            }
            if (answer.error != 0 && -answer.error != tolerated) {
                die(head.nlmsg_seq < count_ ? labels_[head.nlmsg_seq] : "batch", -answer.error);
            }
            --answers_;
            at += NLMSG_ALIGN(head.nlmsg_len);
        }
    }
    void append(const void* data, std::size_t size) {
        if (size_ + size + NLMSG_ALIGNTO > buffer_.size()) {
            die("batch", ENOBUFS);
        }
        if (size > 0) {
            std::memcpy(buffer_.data() + size_, data, size);
        }
        size_ += size;
    }
    /// Pads, and lets the message's length follow.
    void close() {
        while (size_ % NLMSG_ALIGNTO != 0) {
            buffer_[size_++] = 0;
        }
        const auto length = std::uint32_t(size_ - message_);
        std::memcpy(buffer_.data() + message_, &length, sizeof length);
    }

    alignas(nlmsghdr) std::array<char, 4096> buffer_{};
    std::array<const char*, 16> labels_{};
    std::size_t size_ = 0;
    std::size_t message_ = 0;
    std::uint32_t count_ = 0;
    int answers_ = 0;
};

inline int open_netlink(int family) {
    const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family);
    if (fd < 0) {
        die("netlink socket", errno);
    }
    return fd;
}

} // namespace ocinet::floor
