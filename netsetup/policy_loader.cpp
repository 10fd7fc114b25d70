// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/policy_loader.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <utility>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "netsetup/base/paths.h"
#include "netsetup/base/text.h"

namespace ocinet {

namespace {

constexpr std::size_t longest_report = 65536;

struct Pipe {
    Fd read;
    Fd write;

    static Pipe open() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
            throw_errno("pipe");
        }
        return {Fd(ends[0]), Fd(ends[1])};
    }
};

} // namespace

PolicyLoader::PolicyLoader(pid_t pid, Fd order, Fd report)
    : pid_(pid), order_(std::move(order)), report_(std::move(report)) {}

PolicyLoader::PolicyLoader(PolicyLoader&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), order_(std::move(other.order_)),
      report_(std::move(other.report_)) {}

PolicyLoader::~PolicyLoader() {
    finish();
}

PolicyLoader PolicyLoader::start() {
    Pipe order = Pipe::open();
    Pipe report = Pipe::open();
    std::string program = paths::policy_program();
    std::string text = paths::policy_text();
    const std::array<char*, 3> arguments{program.data(), text.data(), nullptr};
    const std::array<char*, 1> no_environment{nullptr};

    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, order.read.get(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, report.write.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, report.write.get(), STDERR_FILENO);
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments.data(),
                                    no_environment.data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        throw system_error(error, "start " + program);
    }
    return {pid, std::move(order.write), std::move(report.read)};
}

void PolicyLoader::load(const std::vector<nft::Element>& elements) {
    std::string order;
    for (const auto& element : elements) {
        order += nft::add_line(element) + "\n";
    }
    write_all(order_.get(), order + "go\n", "to ocinet-policy");
    const std::string report = read_all(report_.get(), longest_report, "ocinet-policy's report");
    finish();
    // By its word, not by its status: a caller that ignores SIGCHLD leaves us none to read.
    if (trim(report) != "loaded") {
        throw Error(report.empty() ? "ocinet-policy ended early" : std::string(trim(report)));
    }
}

// Closes its input, which ends it.
void PolicyLoader::finish() {
    order_.reset();
    while (pid_ != 0 && ::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
}

} // namespace ocinet
