// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/bench/process.h"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "netsetup/base/text.h"

namespace ocinet::bench {

namespace {

constexpr std::size_t errors_shown = 4096;

// A file in memory takes any amount of stderr without a reader beside the measurement, and a helper
// that a contender leaves behind cannot hold it open against us as it could a pipe.
Fd memory_file(const char* name) {
    Fd fd(memfd_create(name, MFD_CLOEXEC));
    if (!fd) {
        throw_errno("memfd_create");
    }
    return fd;
}

std::string contents(int fd) {
    std::string text(errors_shown, '\0');
    const ssize_t got = pread(fd, text.data(), text.size(), 0);
    text.resize(got > 0 ? std::size_t(got) : 0);
    return std::string(trim(text));
}

} // namespace

double now_ms() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return double(now.tv_sec) * 1e3 + double(now.tv_nsec) / 1e6;
}

std::string Command::text() const {
    std::vector<std::string> words;
    for (const std::string& word : argv) {
        words.push_back(shell_word(word));
    }
    return join(words, " ");
}

std::string Outcome::text() const {
    const std::string end = WIFSIGNALED(status)
                                ? "killed by signal " + std::to_string(WTERMSIG(status))
                                : "exit status " + std::to_string(WEXITSTATUS(status));
    return end + ": " + (errors.empty() ? "(no message)" : errors);
}

Process::Process(Command command)
    : command_(std::move(command)), input_(memory_file("input")), output_(memory_file("output")),
      errors_(memory_file("errors")) {
    write_all(input_.get(), command_.input, "input");
    lseek(input_.get(), 0, SEEK_SET);
    for (std::string& word : command_.argv) {
        argv_.push_back(word.data());
    }
    argv_.push_back(nullptr);
}

void Process::start() {
    // netavark looks for iptables; an environment any larger would be another variable.
    static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    const std::array<char*, 2> environment{path, nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input_.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output_.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, errors_.get(), STDERR_FILENO);
    started_ = now_ms();
    const int error =
        posix_spawn(&pid_, argv_[0], &actions, nullptr, argv_.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        pid_ = -1;
        throw system_error(error, command_.text());
    }
}

Outcome Process::wait() {
    Outcome outcome;
    while (waitpid(pid_, &outcome.status, 0) < 0) {
        if (errno != EINTR) {
            throw_errno("waitpid");
        }
    }
    outcome.ms = now_ms() - started_;
    outcome.errors = contents(errors_.get());
    if (outcome.errors.empty() && !outcome.ok()) {
        outcome.errors = contents(output_.get()); // where netavark says what went wrong
    }
    return outcome;
}

Outcome run(Command command) {
    Process process(std::move(command));
    process.start();
    return process.wait();
}

double run_or_throw(const Command& command, const std::string& who) {
    const Outcome outcome = run(command);
    if (!outcome.ok()) {
        throw Error(who + ": " + command.text() + ": " + outcome.text());
    }
    return outcome.ms;
}

} // namespace ocinet::bench
