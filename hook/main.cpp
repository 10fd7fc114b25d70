// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet-hook: an OCI hook (runtime-spec, "POSIX-platform Hooks").
#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

#include "hook/attach.h"
#include "hook/detach.h"
#include "hook/privileges.h"
#include "netsetup/base/deadline.h"
#include "netsetup/base/file.h"
#include "netsetup/base/log.h"
#include "netsetup/base/program.h"
#include "netsetup/base/text.h"

namespace {

using ocinet::Error;
namespace log = ocinet::log;
namespace oci = ocinet::oci;

constexpr std::uint64_t most_seconds = 3600;

struct Arguments {
    std::string stage;
    log::Level level = log::Level::warning;
    log::Format format = log::Format::text;
    std::chrono::seconds deadline{8};
};

constexpr const char* usage =
    R"(Usage: ocinet-hook [--log-level LEVEL] [--log-format FORMAT] createRuntime|prestart|poststop
An OCI hook that gives a container its network; the container's state is read from stdin.
  --log-level LEVEL    debug, info, warning (as without it) or error
  --log-format FORMAT  text (as without it) or json
  --deadline SECONDS   stop and roll back after that time (8), before the runtime kills the hook
  --show-privileges    what is left to the hook once it begins to change things
  --version, --help
)";

[[noreturn]] void print_and_exit(const std::string& text) {
    ocinet::write_all(STDOUT_FILENO, text, "stdout");
    std::exit(0);
}

template <typename Value>
Value one_of(const std::optional<Value>& value, const std::string& option) {
    if (!value) {
        throw Error(option + ": unknown word \"" + ::optarg + "\"").hint("ocinet-hook --help");
    }
    return *value;
}

std::chrono::seconds parse_deadline() {
    const auto seconds = ocinet::parse_number(::optarg, 1, most_seconds);
    if (!seconds) {
        throw Error("--deadline: \"" + std::string(::optarg) + "\" is not between 1 and " +
                    std::to_string(most_seconds) + " seconds");
    }
    return std::chrono::seconds(*seconds);
}

// By getopt: a parser that knows more costs 0.1 ms at each start.
Arguments parse(int argc, char** argv) {
    const std::array<option, 7> options{{{"log-level", required_argument, nullptr, 'l'},
                                         {"log-format", required_argument, nullptr, 'f'},
                                         {"deadline", required_argument, nullptr, 'd'},
                                         {"show-privileges", no_argument, nullptr, 'p'},
                                         {"version", no_argument, nullptr, 'v'},
                                         {"help", no_argument, nullptr, 'h'},
                                         {}}};
    Arguments arguments;
    ::opterr = 0;
    int found = 0;
    while ((found = ::getopt_long(argc, argv, "h", options.data(), nullptr)) != -1) {
        switch (found) {
        case 'l': arguments.level = one_of(log::parse_level(::optarg), "--log-level"); break;
        case 'f': arguments.format = one_of(log::parse_format(::optarg), "--log-format"); break;
        case 'd': arguments.deadline = parse_deadline(); break;
        case 'p': print_and_exit(ocinet::hook::privileges());
        case 'v': print_and_exit(OCINET_VERSION "\n");
        case 'h': print_and_exit(usage);
        default:
            throw Error("unknown option, or one without its value: " +
                        std::string(argv[::optind - 1]))
                .hint("ocinet-hook --help");
        }
    }
    if (argc - ::optind != 1) {
        const std::string what = argc == ::optind
                                     ? "the stage is missing"
                                     : "one argument too many: " + std::string(argv[argc - 1]);
        throw Error(what).hint("ocinet-hook --help");
    }
    arguments.stage = argv[::optind];
    return arguments;
}

int run(int argc, char** argv) {
    try {
        const Arguments arguments = parse(argc, argv);
        log::configure(arguments.level, arguments.format);
        log::open_syslog();
        const auto deadline = ocinet::Deadline::in(arguments.deadline);
        const auto stage = oci::parse_stage(arguments.stage);
        const auto state = oci::parse_state(
            ocinet::read_all(STDIN_FILENO, oci::max_state_size, "the container's state on stdin"),
            stage);
        if (stage == oci::Stage::poststop) {
            ocinet::hook::detach(state, deadline);
        } else {
            ocinet::hook::attach(state, deadline);
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
    ocinet::fill_standard_descriptors();
    // It may be an image's: libc takes the names of files and our parser its manners from it.
    ::clearenv();
    // What we make has the modes that we say, whoever calls us.
    ::umask(0);
    // A reader that went away is an error of write(), not our end.
    std::signal(SIGPIPE, SIG_IGN);
    return run(argc, argv);
}
