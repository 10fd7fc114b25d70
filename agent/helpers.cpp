// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent/helpers.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <nlohmann/json.hpp>
#include <utility>

#include "netsetup/agent_socket.h"
#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "netsetup/base/log.h"
#include "netsetup/base/names.h"
#include "netsetup/base/paths.h"
#include "netsetup/base/program.h"
#include "netsetup/supervisor.h"

namespace ocinet::agent {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* suffix = ".json";
constexpr std::size_t largest_file = 65536;
// One that runs for so long has not failed at its start.
constexpr seconds settled(60);
constexpr seconds longest_pause(30);
constexpr seconds grace(5);

// Who asks need not be who he says: a helper that was taken over could ask, too. Nothing is run
// with our privileges but what gives them up.
bool is_helpers(const std::vector<std::string>& command) {
    return command.size() == 4 && command[0] == paths::dhcp_program() && command[1] == "client" &&
           is_container_id(command[2]) && is_interface_name(command[3]);
}

// Its own session's leader: it outlives us.
pid_t spawn(std::vector<std::string> command) {
    const auto words = argument_list(command);
    const std::array<char*, 1> no_environment{nullptr};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none); // ours blocks what the agent reads
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, command.front().c_str(), &actions, &attributes,
                                    words.data(), no_environment.data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        throw system_error(error, "start " + command.front());
    }
    return pid;
}

// Whether it said that it is not needed any more. Of one that is not our child, nobody knows.
bool is_done(int pidfd) {
    siginfo_t info{};
    return ::waitid(P_PIDFD, id_t(pidfd), &info, WEXITED) == 0 && info.si_code == CLD_EXITED &&
           info.si_status == supervisor::not_needed;
}

seconds pause_after(int failures) {
    return failures <= 1 ? seconds(0)
                         : std::min(longest_pause, seconds(1 << std::min(failures - 2, 5)));
}

} // namespace

Helpers::Helpers(int epoll) : memory_(make_memory()), epoll_(epoll) {
    for (const auto& file : state::names_in(memory_, ".")) {
        try {
            adopt(file);
        } catch (const std::exception& error) { // whatever stands in it
            log::warning(file + ": " + error.what());
        }
    }
}

void Helpers::adopt(const std::string& file) {
    if (!file.ends_with(suffix)) {
        return;
    }
    const std::string name = file.substr(0, file.size() - std::string_view(suffix).size());
    const auto text = read_file(memory_.root.get(), helper_file(name), largest_file);
    if (!text) {
        return;
    }
    const auto json = nlohmann::json::parse(*text);
    Helper helper{.name = name, .command = json.at("command")};
    if (helper.command.empty()) {
        throw Error("no command");
    }
    helper.process = {json.at("pid"), json.at("start_time")};
    helpers_.push_back(std::move(helper));
    if (Fd pidfd = open_process(helpers_.back().process)) {
        log::info(name + ": adopted, process " + std::to_string(helpers_.back().process.pid));
        watch(helpers_.back(), std::move(pidfd));
    } else {
        helpers_.back().process = {};
        helpers_.back().due = Clock::now();
    }
}

void Helpers::watch(Helper& helper, Fd pidfd) const {
    epoll_event event{.events = EPOLLIN, .data = {.fd = pidfd.get()}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, pidfd.get(), &event) != 0) {
        const int error = errno;
        send_signal(pidfd, SIGKILL); // nobody would see it end
        throw system_error(error, "watch process " + std::to_string(helper.process.pid));
    }
    helper.pidfd = std::move(pidfd);
    helper.started = Clock::now();
}

// It is our child: its id is nobody else's until we have waited for it.
void Helpers::run(Helper& helper) {
    const pid_t pid = spawn(helper.command);
    const auto process = identity_of(pid);
    if (!process) {
        throw Error("process " + std::to_string(pid) + " cannot be seen");
    }
    helper.process = *process;
    watch(helper, open_process(helper.process));
    save(helper);
    log::info(helper.name + ": process " + std::to_string(pid));
}

void Helpers::save(const Helper& helper) const {
    const nlohmann::json json{{"command", helper.command},
                              {"pid", helper.process.pid},
                              {"start_time", helper.process.start_time}};
    replace_file(memory_.root.get(), helper_file(helper.name), json.dump() + "\n", 0600);
}

void Helpers::start(const std::string& name, std::vector<std::string> command) {
    if (!is_container_id(name) || !is_helpers(command)) {
        throw Error("a DHCP client's name and command are wanted");
    }
    const auto is_same = [&](const Helper& helper) { return helper.name == name; };
    if (std::any_of(helpers_.begin(), helpers_.end(), is_same)) {
        throw Error(name + " is running already");
    }
    helpers_.push_back({.name = name, .command = std::move(command)});
    Helper& helper = helpers_.back();
    try {
        save(helper); // first: one that nobody knows would be nobody's to end
        run(helper);
    } catch (const Error&) {
        retire(helper);
        throw;
    }
}

void Helpers::stop(const std::string& name, std::function<void()> then) {
    const auto found = std::find_if(helpers_.begin(), helpers_.end(),
                                    [&](const Helper& helper) { return helper.name == name; });
    if (found == helpers_.end()) {
        then();
        return;
    }
    found->when_ended.push_back(std::move(then));
    retire(*found);
}

// Asks it to end, and forgets it when it has.
void Helpers::retire(Helper& helper) {
    if (!helper.pidfd) {
        forget(helper);
        return;
    }
    if (helper.when_ended.empty()) {
        helper.when_ended.emplace_back([] {});
    }
    send_signal(helper.pidfd, SIGTERM);
    helper.due = Clock::now() + grace;
}

void Helpers::forget(const Helper& helper) {
    state::remove_file(memory_, helper_file(helper.name));
    const auto when_ended = helper.when_ended;
    std::erase_if(helpers_, [&](const Helper& one) { return &one == &helper; });
    for (const auto& then : when_ended) {
        then();
    }
}

bool Helpers::has_ended(int pidfd) {
    const auto found = std::find_if(helpers_.begin(), helpers_.end(), [&](const Helper& helper) {
        return helper.pidfd.get() == pidfd;
    });
    if (found == helpers_.end()) {
        return false;
    }
    Helper& helper = *found;
    const bool done = is_done(pidfd) || !helper.when_ended.empty();
    helper.pidfd.reset();
    helper.process = {};
    if (done) {
        log::info(helper.name + ": ended");
        forget(helper);
        return true;
    }
    helper.failures = Clock::now() - helper.started > settled ? 1 : helper.failures + 1;
    const auto pause = pause_after(helper.failures);
    log::warning(helper.name + ": died, starts again in " + std::to_string(pause.count()) + " s");
    helper.due = Clock::now() + pause;
    return true;
}

void Helpers::act(Helper& helper) {
    helper.due = Clock::time_point::max();
    if (helper.pidfd) {
        log::warning(helper.name + ": does not end, is killed");
        send_signal(helper.pidfd, SIGKILL);
        return;
    }
    try {
        run(helper);
    } catch (const Error& error) {
        log::warning(helper.name + ": " + error.message());
        helper.due = helper.pidfd ? Clock::time_point::max() : Clock::now() + longest_pause;
    }
}

int Helpers::tend() {
    auto next = Clock::time_point::max();
    for (auto& helper : helpers_) {
        if (helper.due <= Clock::now()) {
            act(helper);
        }
        next = std::min(next, helper.due);
    }
    if (next == Clock::time_point::max()) {
        return -1;
    }
    const auto left = std::chrono::ceil<milliseconds>(next - Clock::now());
    return int(std::max(left, milliseconds(0)).count());
}

} // namespace ocinet::agent
