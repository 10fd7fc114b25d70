// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/packets.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "netsetup/base/error.h"
#include "netsetup/base/log.h"

namespace ocinet::packets {

namespace {

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    if (path.size() >= sizeof address.sun_path) {
        throw Error(path + ": too long for a socket's name");
    }
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), std::begin(address.sun_path));
    return address;
}

Fd make_socket(int flags) {
    Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0));
    if (!socket) {
        throw_errno("make a socket");
    }
    return socket;
}

const sockaddr* generic(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

void send(const Fd& socket, const nlohmann::json& json, int flags) {
    const std::string text = json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    if (::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL | flags) < 0) {
        throw_errno("send");
    }
}

} // namespace

std::optional<Fd> connect(const std::string& path, std::chrono::milliseconds patience) {
    Fd socket = make_socket(0);
    const sockaddr_un address = address_of(path);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
    const timeval limit{.tv_sec = seconds.count(),
                        .tv_usec = std::chrono::microseconds(patience - seconds).count()};
    for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
        ::setsockopt(socket.get(), SOL_SOCKET, option, &limit, sizeof limit);
    }
    if (::connect(socket.get(), generic(address), sizeof address) == 0) {
        return socket;
    }
    if (errno != ENOENT && errno != ECONNREFUSED) {
        throw_errno("connect to " + path);
    }
    return std::nullopt;
}

void ask(const Fd& socket, const nlohmann::json& request, const std::string& who) {
    try {
        send(socket, request, 0);
    } catch (Error& error) {
        throw error.in("ask " + who);
    }
    std::string answer(largest, '\0');
    ssize_t got = 0;
    while ((got = ::recv(socket.get(), answer.data(), answer.size(), 0)) < 0 && errno == EINTR) {
    }
    if (got <= 0) {
        throw Error(who + (got < 0 ? " does not answer" : " ended without an answer"));
    }
    answer.resize(std::size_t(got));
    const auto parsed = nlohmann::json::parse(answer);
    if (parsed.contains("error")) {
        throw Error(who + ": " + parsed.at("error").get<std::string>());
    }
}

Fd listen(const std::string& path) {
    Fd socket = make_socket(SOCK_NONBLOCK);
    const sockaddr_un address = address_of(path);
    if (::unlink(address.sun_path) != 0 && errno != ENOENT) {
        throw_errno("remove " + path);
    }
    // It is ours alone from its first moment on.
    if (::fchmod(socket.get(), 0600) != 0 ||
        ::bind(socket.get(), generic(address), sizeof address) != 0 ||
        ::listen(socket.get(), SOMAXCONN) != 0) {
        throw_errno("listen at " + path);
    }
    return socket;
}

Fd accept(const Fd& listener) {
    return Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

std::optional<nlohmann::json> receive(const Fd& client) {
    std::string text(largest, '\0');
    const ssize_t got = ::recv(client.get(), text.data(), text.size(), MSG_TRUNC);
    if (got <= 0) {
        return std::nullopt;
    }
    if (std::size_t(got) > text.size()) {
        throw Error("the request is too long");
    }
    text.resize(std::size_t(got));
    return nlohmann::json::parse(text);
}

void answer(const Fd& client, const nlohmann::json& json) {
    try {
        send(client, json, MSG_DONTWAIT);
    } catch (const Error& error) {
        log::debug("who asked is gone: " + error.message());
    }
}

} // namespace ocinet::packets
