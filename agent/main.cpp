// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet-agent: keeps programs running that containers need for their life (DHCP clients), on a
// host without systemd.
#include <sys/stat.h>

#include <csignal>
#include <cstdio>
#include <string_view>

#include "agent/agent.h"
#include "netsetup/base/log.h"
#include "netsetup/state/locks.h"

namespace {

constexpr const char* usage = R"(Usage: ocinet-agent
Keeps the programs running that containers need for their life, until SIGTERM; the next agent goes on
with those that it leaves. Where systemd runs, systemd does this, and no agent is needed.
  --version, --help
)";

int run() {
    namespace state = ocinet::state;
    try {
        const auto directory = state::Directory::open();
        state::Locks locks(directory, ocinet::Deadline::in(std::chrono::seconds(0)));
        const auto only_one = locks.agent();
        ocinet::agent::serve();
        return 0;
    } catch (const ocinet::Error& error) {
        ocinet::log::error(error);
    } catch (const std::exception& error) {
        ocinet::log::error(ocinet::Error(error.what()));
    }
    return 1;
}

} // namespace

int main(int argc, char** argv) {
    const std::string_view word = argc == 2 ? argv[1] : "";
    if (word == "--version" || word == "--help") {
        std::fputs(word == "--help" ? usage : OCINET_VERSION "\n", stdout);
        return 0;
    }
    if (argc != 1) {
        std::fputs(usage, stderr);
        return 2;
    }
    ::umask(0);
    std::signal(SIGPIPE, SIG_IGN); // whoever reads the log
    std::signal(SIGCHLD, SIG_DFL); // else nobody could wait for them
    ocinet::log::configure(ocinet::log::Level::info, ocinet::log::Format::text);
    ocinet::log::open_syslog();
    return run();
}
