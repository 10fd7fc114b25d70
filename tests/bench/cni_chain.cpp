// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs a list of CNI plugins as libcni does for a runtime (CNI 0.4.0, cnitool is not packaged):
//
//   ocinet-cni-chain ADD|DEL CONTAINER NETNS INTERFACE <LIST
//
// ADD hands each plugin the result of the one before, and keeps the last one's beside the lists in
// /run/cni; DEL goes backwards with that. A netns that is gone is an empty word, as runtimes say
// it.
#include <fcntl.h>
#include <linux/magic.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "netsetup/base/error.h"
#include "netsetup/base/fd.h"
#include "netsetup/base/file.h"

namespace ocinet::bench {

namespace {

using nlohmann::json;

constexpr const char* plugins = "/usr/lib/cni/";
constexpr const char* results = "/run/cni/results";
constexpr std::size_t largest = 16 << 20;

struct Call {
    std::string verb;
    std::string container;
    std::string netns;
    std::string interface;

    std::string result_path() const { return std::string(results) + "/" + container; }
};

bool is_netns(const std::string& path) {
    struct statfs status{};
    return statfs(path.c_str(), &status) == 0 && status.f_type == NSFS_MAGIC;
}

Fd memory_file(const std::string& text) {
    Fd fd(memfd_create("cni", MFD_CLOEXEC));
    write_all(fd.get(), text, "a memory file");
    lseek(fd.get(), 0, SEEK_SET);
    return fd;
}

std::string contents(const Fd& file) {
    lseek(file.get(), 0, SEEK_SET);
    return read_all(file.get(), largest, "a plugin's output");
}

// What the plugin prints.
std::string run_plugin(const Call& call, const std::string& type, const json& config) {
    const std::string program = plugins + type;
    std::array<std::string, 6> words{
        "CNI_COMMAND=" + call.verb,         "CNI_CONTAINERID=" + call.container,
        "CNI_NETNS=" + call.netns,          "CNI_IFNAME=" + call.interface,
        std::string("CNI_PATH=") + plugins, "PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
    std::array<char*, 7> environment{};
    for (std::size_t i = 0; i < words.size(); ++i) {
        environment[i] = words[i].data();
    }
    std::array<char*, 2> argv{const_cast<char*>(program.c_str()), nullptr};
    const Fd input = memory_file(config.dump());
    const Fd output = memory_file("");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output.get(), STDOUT_FILENO);
    pid_t pid = -1;
    const int error =
        posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        throw system_error(error, program);
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0) {
        throw Error(type + " " + call.verb + ": " + contents(output));
    }
    return contents(output);
}

json config_of(const json& list, json plugin, const json& previous) {
    plugin["name"] = list.at("name");
    plugin["cniVersion"] = list.at("cniVersion");
    if (!previous.is_null()) {
        plugin["prevResult"] = previous;
    }
    // A runtime hands a plugin what it says that it can do.
    if (plugin.contains("capabilities")) {
        for (const auto& [capability, on] : plugin["capabilities"].items()) {
            if (on == true) {
                plugin["runtimeConfig"][capability] = list.at("runtimeConfig").at(capability);
            }
        }
        plugin.erase("capabilities");
    }
    return plugin;
}

void add(const Call& call, const json& list) {
    json result;
    for (const json& plugin : list.at("plugins")) {
        result = json::parse(run_plugin(call, plugin.at("type"), config_of(list, plugin, result)));
    }
    std::filesystem::create_directories(results);
    replace_file(AT_FDCWD, call.result_path(), result.dump(), 0600);
}

void remove(const Call& call, const json& list) {
    const auto kept = read_file(call.result_path(), largest);
    const json result = kept ? json::parse(*kept) : json();
    const json& chain = list.at("plugins");
    for (auto plugin = chain.rbegin(); plugin != chain.rend(); ++plugin) {
        run_plugin(call, plugin->at("type"), config_of(list, *plugin, result));
    }
    std::filesystem::remove(call.result_path());
}

} // namespace

} // namespace ocinet::bench

int main(int count, char** argument) {
    namespace bench = ocinet::bench;
    try {
        if (count != 5) {
            throw ocinet::Error("wanted: ADD|DEL CONTAINER NETNS INTERFACE <LIST");
        }
        bench::Call call{argument[1], argument[2], argument[3], argument[4]};
        if (!bench::is_netns(call.netns)) {
            call.netns.clear();
        }
        const auto list =
            bench::json::parse(ocinet::read_all(STDIN_FILENO, bench::largest, "the list"));
        if (call.verb == "ADD") {
            bench::add(call, list);
        } else {
            bench::remove(call, list);
        }
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "ocinet-cni-chain: %s\n", error.what());
        return 1;
    }
}
