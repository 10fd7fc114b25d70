// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/attendant.h"

#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <utility>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "netsetup/base/pipe.h"
#include "netsetup/base/program.h"

namespace ocinet {

namespace {

constexpr std::size_t longest_report = 65536;

} // namespace

Attendant::Attendant(std::string name, pid_t pid, Fd order, Fd report)
    : name_(std::move(name)), pid_(pid), order_(std::move(order)), report_(std::move(report)) {}

Attendant::Attendant(Attendant&& other) noexcept
    : name_(std::move(other.name_)), pid_(std::exchange(other.pid_, 0)),
      order_(std::move(other.order_)), report_(std::move(other.report_)),
      heard_(std::move(other.heard_)) {}

Attendant Attendant::start(std::vector<std::string> words, int given) {
    Pipe order = Pipe::open();
    Pipe report = Pipe::open();
    const auto arguments = argument_list(words);
    const std::array<char*, 1> no_environment{nullptr};

    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, order.read.get(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, report.write.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, report.write.get(), STDERR_FILENO);
    if (given >= 0) {
        ::posix_spawn_file_actions_adddup2(&actions, given, given_descriptor);
    }
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, words.front().c_str(), &actions, nullptr,
                                    arguments.data(), no_environment.data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        throw system_error(error, "start " + words.front());
    }
    return {words.front().substr(words.front().rfind('/') + 1), pid, std::move(order.write),
            std::move(report.read)};
}

void Attendant::tell(std::string_view order) {
    write_all(order_.get(), order, "to " + name_);
}

std::string Attendant::answer() {
    std::array<char, 4096> part{};
    std::size_t searched = 0;
    while (true) {
        if (const auto end = heard_.find('\n', searched); end != std::string::npos) {
            std::string line = heard_.substr(0, end);
            heard_.erase(0, end + 1);
            return line;
        }
        searched = heard_.size();
        const ssize_t got = ::read(report_.get(), part.data(), part.size());
        if (got > 0) {
            heard_.append(part.data(), std::size_t(got));
        } else if (got == 0 || errno != EINTR) {
            throw Error(name_ + (heard_.empty() ? " ended early" : ": " + heard_));
        }
    }
}

std::string Attendant::last_words() {
    try {
        heard_ += read_all(report_.get(), longest_report, name_ + "'s report");
        finish();
        return std::exchange(heard_, {});
    } catch (const Error&) {
        // Who hears of it undoes what the program does: not before that is done.
        report_.reset();
        finish();
        throw;
    }
}

void Attendant::finish() {
    order_.reset();
    while (pid_ != 0 && ::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
}

} // namespace ocinet
