// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/supervisor.h"

#include <sys/stat.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "netsetup/agent_socket.h"
#include "netsetup/base/error.h"
#include "netsetup/base/program.h"
#include "netsetup/base/text.h"

namespace ocinet::supervisor {

namespace {

constexpr int no_such_unit = 5; // systemctl(1), as LSB has it
// Twice what the unit gives its program to end.
constexpr std::chrono::seconds stop_time(10);

// sd_booted(3)
bool has_systemd() {
    struct stat status{};
    return ::lstat("/run/systemd/system", &status) == 0 && S_ISDIR(status.st_mode);
}

std::string unit_of(const std::string& name) {
    return "ocinet-" + name + ".service";
}

// It has succeeded once the unit's program was executed (systemd.service(5), Type=exec).
std::vector<std::string> systemd_command(const Helper& helper) {
    std::vector<std::string> words{
        "systemd-run", "--quiet", "--collect", "--service-type=exec",
        "--unit=" + unit_of(helper.name), "--description=" + helper.description,
        "--property=Restart=always",
        "--property=RestartPreventExitStatus=" + std::to_string(not_needed),
        // At shutdown poststop ends it, after the container.
        "--property=DefaultDependencies=no", "--property=RestartSec=1",
        "--property=StartLimitIntervalSec=0", "--property=TimeoutStopSec=5", "--"};
    words.insert(words.end(), helper.command.begin(), helper.command.end());
    return words;
}

Error no_supervisor() {
    return Error("nobody keeps programs running for containers here: neither systemd nor "
                 "ocinet-agent runs")
        .hint("start ocinet-agent with the host");
}

} // namespace

void start(const Helper& helper, const Deadline& deadline) {
    if (has_systemd()) {
        const Ended ended = run_program(systemd_command(helper), deadline);
        if (ended.status != 0) {
            throw Error("systemd-run: " + std::string(trim(ended.said)));
        }
    } else if (!agent::ask({{"start", {{"name", helper.name}, {"command", helper.command}}}})) {
        throw no_supervisor();
    }
}

void stop(const std::string& name) {
    if (has_systemd()) {
        const Ended ended =
            run_program({"systemctl", "stop", unit_of(name)}, Deadline::in(stop_time));
        if (ended.status != 0 && ended.status != no_such_unit) {
            throw Error("systemctl stop: " + std::string(trim(ended.said)));
        }
    } else if (!agent::ask({{"stop", {{"name", name}}}})) {
        if (const auto memory = agent::memory()) {
            state::remove_file(*memory, agent::helper_file(name)); // the next agent would start it
        }
    }
}

} // namespace ocinet::supervisor
