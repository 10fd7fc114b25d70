// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/agent_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "netsetup/base/error.h"

namespace ocinet::agent {

namespace {

constexpr std::string_view path = "/run/ocinet/agent.sock";
constexpr const char* memory_path = "/run/ocinet-agent";

sockaddr_un address() {
    sockaddr_un result{};
    result.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), std::begin(result.sun_path));
    return result;
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

} // namespace

bool ask(const nlohmann::json& request) {
    const Fd socket = make_socket(0);
    const sockaddr_un agent = address();
    const timeval patience{.tv_sec = 10, .tv_usec = 0}; // longer than a program takes to end
    for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
        ::setsockopt(socket.get(), SOL_SOCKET, option, &patience, sizeof patience);
    }
    if (::connect(socket.get(), generic(agent), sizeof agent) != 0) {
        if (errno == ENOENT || errno == ECONNREFUSED) {
            return false;
        }
        throw_errno("connect to ocinet-agent");
    }
    const std::string text = request.dump();
    if (::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) {
        throw_errno("ask ocinet-agent");
    }
    std::string answer(largest_request, '\0');
    ssize_t got = 0;
    while ((got = ::recv(socket.get(), answer.data(), answer.size(), 0)) < 0 && errno == EINTR) {
    }
    if (got <= 0) {
        throw Error(got < 0 ? "ocinet-agent does not answer"
                            : "ocinet-agent ended without an answer");
    }
    answer.resize(std::size_t(got));
    const auto parsed = nlohmann::json::parse(answer);
    if (parsed.contains("error")) {
        throw Error("ocinet-agent: " + parsed.at("error").get<std::string>());
    }
    return true;
}

std::optional<state::Directory> memory() {
    state::Directory directory{state::open_directory(AT_FDCWD, memory_path)};
    return directory.root ? std::optional(std::move(directory)) : std::nullopt;
}

state::Directory make_memory() {
    if (::mkdir(memory_path, 0700) != 0 && errno != EEXIST) {
        throw_errno(std::string("mkdir ") + memory_path);
    }
    auto directory = memory();
    if (!directory) {
        throw Error(std::string(memory_path) + " disappeared");
    }
    return std::move(*directory);
}

std::string helper_file(const std::string& name) {
    return name + ".json";
}

// Who holds the lock "agent" is the only one: what stands there is a dead one's.
Fd listen() {
    Fd socket = make_socket(SOCK_NONBLOCK);
    const sockaddr_un agent = address();
    if (::unlink(agent.sun_path) != 0 && errno != ENOENT) {
        throw_errno("remove " + std::string(path));
    }
    // It is ours alone from its first moment on.
    if (::fchmod(socket.get(), 0600) != 0 ||
        ::bind(socket.get(), generic(agent), sizeof agent) != 0 ||
        ::listen(socket.get(), SOMAXCONN) != 0) {
        throw_errno("listen at " + std::string(path));
    }
    return socket;
}

} // namespace ocinet::agent
