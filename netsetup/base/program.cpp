// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/base/program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>

#include "netsetup/base/error.h"
#include "netsetup/base/pipe.h"
#include "netsetup/base/text.h"

namespace ocinet {

namespace {

constexpr const char* search_path = "/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::size_t longest_output = 1 << 20;

pid_t start(const std::string& path, std::vector<std::string> words, int output) {
    const auto arguments = argument_list(words);
    std::string only_variable = std::string("PATH=") + search_path;
    const std::array<char*, 2> environment{only_variable.data(), nullptr};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    pid_t pid = 0;
    const int error =
        ::posix_spawn(&pid, path.c_str(), &actions, nullptr, arguments.data(), environment.data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        throw system_error(error, "start " + path);
    }
    return pid;
}

// Until it closes its output: false when it has not by then.
bool read_until(const Deadline& deadline, int output, std::string& said) {
    std::array<char, 4096> part{};
    while (said.size() < longest_output) {
        pollfd ready{.fd = output, .events = POLLIN, .revents = 0};
        const auto patience =
            deadline.patience(Deadline::Milliseconds(0), Deadline::Milliseconds(INT_MAX));
        if (::poll(&ready, 1, int(patience.count())) == 0) {
            return false;
        }
        const ssize_t got = ready.revents == 0 ? -1 : ::read(output, part.data(), part.size());
        if (got == 0) {
            return true;
        }
        if (got > 0) {
            said.append(part.data(), std::size_t(got));
        } else if (errno != EINTR) {
            throw_errno("read what a program says");
        }
    }
    return false;
}

int wait_for(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            throw_errno("waitpid");
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

std::vector<char*> argument_list(std::vector<std::string>& words) {
    std::vector<char*> arguments;
    for (auto& word : words) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    return arguments;
}

void fill_standard_descriptors(int flags) {
    int fd = 0;
    do {
        fd = ::open("/dev/null", O_RDWR | flags);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO) {
        ::close(fd);
    }
}

std::optional<std::string> find_executable(const std::string& name,
                                           const std::vector<std::string_view>& directories) {
    for (const auto directory : directories) {
        std::string path = std::string(directory) + "/" + name;
        if (::access(path.c_str(), X_OK) == 0) {
            return path;
        }
    }
    return std::nullopt;
}

std::optional<std::string> installed_program(const std::string& name) {
    return find_executable(name, split(search_path, ':'));
}

std::string find_program(const std::string& name) {
    if (auto path = installed_program(name)) {
        return *path;
    }
    throw Error("there is no " + name + " in " + search_path);
}

Ended run_program(const std::vector<std::string>& words, const Deadline& deadline) {
    const std::string path = find_program(words.front());
    Pipe output = Pipe::open();
    // Who ignores it, as our caller may, gets no status.
    std::signal(SIGCHLD, SIG_DFL);
    const pid_t pid = start(path, words, output.write.get());
    output.write.reset();
    Ended ended;
    const bool complete = read_until(deadline, output.read.get(), ended.said);
    if (!complete) {
        ::kill(pid, SIGKILL); // our child: its id is nobody else's until we have waited for it
    }
    ended.status = wait_for(pid);
    if (!complete) {
        throw Error(path + " does not end");
    }
    return ended;
}

} // namespace ocinet
