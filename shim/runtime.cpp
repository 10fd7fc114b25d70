// SPDX-License-Identifier: GPL-2.0-or-later
#include "shim/runtime.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "netsetup/base/log.h"
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

/// What a runtime keeps of a container: ROOT/ID/FILE.
struct Maker {
    const char* name;
    const char* root;
    const char* file;
};
constexpr std::array makers{Maker{"runc", "/run/runc", "state.json"},
                            Maker{"crun", "/run/crun", "status"}};

bool knows(const Maker& maker, const std::string& root, const std::string& id) {
    const std::string path = (root.empty() ? maker.root : root) + "/" + id + "/" + maker.file;
    return ::access(path.c_str(), F_OK) == 0;
}

// Which of the command's words is the container's id, each command says in its own way; a word that
// names a container is one.
const char* maker_of(const CommandLine& line) {
    for (const auto& word : line.words) {
        if (word.empty() || word.front() == '.' || word.find('/') != std::string::npos) {
            continue;
        }
        for (const auto& maker : makers) {
            if (knows(maker, line.root, word)) {
                return maker.name;
            }
        }
    }
    return nullptr;
}

bool is_of(const std::string& runtime, const std::string& maker) {
    return runtime.substr(runtime.rfind('/') + 1).starts_with(maker);
}

// A file that is not right does not keep a container from being stopped.
std::string configured_or_warning(const std::string& file) {
    try {
        return configured(file);
    } catch (const Error& error) {
        log::warning(error);
        return "";
    }
}

std::optional<std::string> runtime_of_maker(const CommandLine& line, const std::string& file) {
    const char* maker = line.makes_container() ? nullptr : maker_of(line);
    if (!maker) {
        return std::nullopt;
    }
    auto wanted = configured_or_warning(file);
    const bool is_another = !wanted.empty() && !is_of(wanted, "crun") && !is_of(wanted, "runc");
    return is_another || is_of(wanted, maker) ? wanted : installed_program(maker);
}

} // namespace

std::string real_runtime(const CommandLine& line, const std::string& file) {
    if (auto runtime = runtime_of_maker(line, file)) {
        return *runtime;
    }
    const std::string wanted = configured(file);
    std::string runtime = wanted.empty() ? first_found() : wanted;
    if (is_this_program(runtime)) {
        throw Error(file + ": runtime: \"" + runtime + "\" is ocinet-runtime itself");
    }
    return runtime;
}

} // namespace ocinet::shim
