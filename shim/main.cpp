// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet-runtime: an OCI runtime for engines that know no hooks.d. It is crun or runc, which it
// becomes; before, it puts ocinet-hook into the config.json of a container that asks for a network.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "netsetup/base/error.h"
#include "netsetup/base/paths.h"
#include "netsetup/base/program.h"
#include "shim/command_line.h"
#include "shim/config_file.h"
#include "shim/report.h"
#include "shim/request.h"
#include "shim/runtime.h"

namespace {

namespace fs = std::filesystem;
namespace shim = ocinet::shim;
using ocinet::Error;

std::string config_of(const shim::CommandLine& line) {
    return line.config && *line.config != "config.json"
               ? *line.config
               : line.bundle.value_or(".") + "/config.json";
}

// Where there is no config.json the runtime says what it says of it.
void inject_into(const shim::CommandLine& line) {
    const std::string path = config_of(line);
    std::error_code error;
    const fs::path directory = fs::canonical(line.bundle.value_or("."), error);
    if (error || !fs::exists(path, error)) {
        return;
    }
    const shim::ConfigFile config(path);
    const auto injection =
        shim::injection_for(config.text(), directory, line.id, ocinet::paths::settings);
    if (!injection) {
        return;
    }
    const std::string text = shim::inject(config.text(), path, *injection);
    if (text != config.text()) {
        config.replace(text);
    }
}

// By its own name in argv[0]: crun reads it ("crun-wasm"), and both print it.
[[noreturn]] void become(const std::string& runtime, char** argv) {
    std::string name = runtime;
    argv[0] = name.data();
    ::execv(runtime.c_str(), argv);
    ocinet::throw_errno("exec " + runtime);
}

} // namespace

int main(int argc, char** argv) {
    ocinet::fill_standard_descriptors(O_CLOEXEC); // the runtime starts as we were started
    const auto line = shim::parse_command_line({argv + std::min(argc, 1), argv + argc});
    try {
        const std::string runtime = shim::real_runtime(line, "/etc/ocinet/runtime.json");
        if (line.makes_container()) {
            inject_into(line);
        }
        become(runtime, argv);
    } catch (const Error& error) {
        shim::report(line, error);
    } catch (const std::exception& error) {
        shim::report(line, Error(error.what()));
    }
    return 1;
}
