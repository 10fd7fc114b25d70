// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/agent_socket.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <string>

#include "netsetup/base/error.h"
#include "netsetup/packets.h"

namespace ocinet::agent {

namespace {

constexpr const char* path = "/run/ocinet/agent.sock";
constexpr const char* memory_path = "/run/ocinet-agent";

} // namespace

bool ask(const nlohmann::json& request) {
    constexpr std::chrono::seconds patience(10); // longer than a program takes to end
    const auto agent = packets::connect(path, patience);
    if (agent) {
        packets::ask(*agent, request, "ocinet-agent");
    }
    return agent.has_value();
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
    return packets::listen(path);
}

} // namespace ocinet::agent
