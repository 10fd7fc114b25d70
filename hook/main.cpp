// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet-hook: an OCI hook (runtime-spec, "POSIX-platform Hooks").
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>

#include "hook/attach.h"
#include "hook/detach.h"
#include "netsetup/base/file.h"
#include "netsetup/base/log.h"

namespace {

using ocinet::Error;
namespace log = ocinet::log;
namespace oci = ocinet::oci;

struct Arguments {
    std::string stage;
    std::string level = "warning";
    std::string format = "text";
};

// A runtime may start us with 0, 1 or 2 closed: a socket of ours there would get our messages.
void fill_standard_descriptors() {
    int fd = 0;
    do {
        fd = ::open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO) {
        ::close(fd);
    }
}

int run(const Arguments& arguments) {
    try {
        log::configure(*log::parse_level(arguments.level), *log::parse_format(arguments.format));
        log::open_syslog();
        const auto stage = oci::parse_stage(arguments.stage);
        const auto state = oci::parse_state(
            ocinet::read_all(STDIN_FILENO, oci::max_state_size, "the container's state on stdin"),
            stage);
        if (stage == oci::Stage::poststop) {
            ocinet::hook::detach(state);
        } else {
            ocinet::hook::attach(state);
        }
        return 0;
    } catch (const Error& error) {
        log::error(error);
    } catch (const std::exception& error) {
        log::error(Error(error.what()));
    }
    return 1;
}

} // namespace

int main(int argc, char** argv) {
    fill_standard_descriptors();
    // What we make has the modes that we say, whoever calls us.
    ::umask(0);
    // A reader that went away is an error of write(), not our end.
    std::signal(SIGPIPE, SIG_IGN);
    Arguments arguments;
    CLI::App app("An OCI hook that gives a container its network; the state is read from stdin.",
                 "ocinet-hook");
    app.set_version_flag("--version", OCINET_VERSION);
    app.add_option("stage", arguments.stage, "createRuntime, prestart or poststop")->required();
    app.add_option("--log-level", arguments.level, "debug, info, warning or error")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
    app.add_option("--log-format", arguments.format, "text or json")
        ->check(CLI::IsMember({"text", "json"}));
    CLI11_PARSE(app, argc, argv);
    return run(arguments);
}
