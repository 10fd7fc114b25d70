// SPDX-License-Identifier: GPL-2.0-or-later
#include "shim/runtime.h"

#include <sys/stat.h>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "netsetup/base/program.h"
#include "oci-config/json.h"

namespace ocinet::shim {

namespace {

constexpr std::size_t largest_file = 1 << 16;

std::string configured(const std::string& file) {
    const auto text = read_file(file, largest_file);
    if (!text) {
        return "";
    }
    const auto json = oci::parse_json(*text, file);
    oci::ObjectReader reader(json, file);
    const auto runtime = reader.text("runtime");
    reader.refuse_unknown();
    if (runtime && !runtime->starts_with('/')) {
        throw reader.wrong("runtime", "\"" + *runtime + "\" is no absolute path");
    }
    return runtime.value_or("");
}

std::string first_found() {
    for (const char* name : {"crun", "runc"}) {
        if (const auto found = installed_program(name)) {
            return *found;
        }
    }
    throw Error("neither crun nor runc is installed");
}

bool is_this_program(const std::string& path) {
    struct stat self{};
    struct stat other{};
    return ::stat("/proc/self/exe", &self) == 0 && ::stat(path.c_str(), &other) == 0 &&
           self.st_dev == other.st_dev && self.st_ino == other.st_ino;
}

} // namespace

std::string real_runtime(const std::string& file) {
    const std::string wanted = configured(file);
    std::string runtime = wanted.empty() ? first_found() : wanted;
    if (is_this_program(runtime)) {
        throw Error(file + ": runtime: \"" + runtime + "\" is ocinet-runtime itself");
    }
    return runtime;
}

} // namespace ocinet::shim
