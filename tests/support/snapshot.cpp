// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/snapshot.h"

#include <fcntl.h>
#include <nftables/libnftables.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <sstream>
#include <utility>

#include "netsetup/base/error.h"
#include "netsetup/base/fd.h"
#include "netsetup/base/file.h"
#include "netsetup/base/text.h"
#include "tests/support/memory_file.h"
#include "tests/support/normalise.h"
#include "tests/support/place.h"
#include "tests/support/temp_dir.h"

namespace ocinet::test {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

struct Query {
    const char* name;
    const char* command;
};

// One process for several: half of what a snapshot costs is that they start.
struct Program {
    std::vector<const char*> arguments;
    std::vector<Query> queries;
};

const std::vector<Program>& programs() {
    static const std::vector<Program> all = {
        {{"ip", "-j", "-d", "-batch", "-"},
         {{"links", "address show"},
          {"routes", "route show table all"},
          {"rules", "rule show"},
          {"neighbours", "neighbour show nud permanent"},
          {"proxies", "neighbour show proxy"}}},
        {{"ip", "-6", "-j", "-d", "-batch", "-"}, {{"rules6", "rule show"}}},
        {{"bridge", "-j", "-d", "-batch", "-"}, {{"bridge", "link show"}, {"fdb", "fdb show"}}},
    };
    return all;
}

constexpr const char* end = "END";
constexpr std::size_t most_output = 64u << 20;

pid_t spawn(const Program& program, const Fd& input, const Fd& output) {
    auto arguments = program.arguments;
    arguments.push_back(nullptr);
    const char* environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", nullptr};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, output.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, output.get(), STDERR_FILENO);
    pid_t pid = 0;
    const int error =
        ::posix_spawnp(&pid, arguments[0], &actions, nullptr, const_cast<char**>(arguments.data()),
                       const_cast<char**>(environment));
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        throw system_error(error, arguments[0]);
    }
    return pid;
}

// Where the caller is.
std::string run(const Program& program) {
    std::string questions;
    for (const auto& query : program.queries) {
        questions += std::string(query.command) + "\n";
    }
    const Fd input = memory_file(questions);
    const Fd output = memory_file();
    const pid_t pid = spawn(program, input, output);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    ::lseek(output.get(), 0, SEEK_SET);
    std::string answers = read_all(output.get(), most_output, program.arguments[0]);
    if (status != 0) {
        throw Error(std::string(program.arguments[0]) + ": status " + std::to_string(status) +
                    "\n" + answers);
    }
    return answers;
}

// As `nft -j list ruleset`, which would spend more on its start than on this.
std::string list_ruleset() {
    const std::unique_ptr<nft_ctx, void (*)(nft_ctx*)> context(::nft_ctx_new(NFT_CTX_DEFAULT),
                                                               ::nft_ctx_free);
    if (!context) {
        throw Error("nft_ctx_new: no memory");
    }
    ::nft_ctx_output_set_flags(context.get(), NFT_CTX_OUTPUT_JSON);
    ::nft_ctx_buffer_output(context.get());
    ::nft_ctx_buffer_error(context.get());
    if (::nft_run_cmd_from_buffer(context.get(), "list ruleset") != 0) {
        throw Error(std::string("list ruleset: ") + ::nft_ctx_get_error_buffer(context.get()));
    }
    return ::nft_ctx_get_output_buffer(context.get());
}

void read_settings(json& values, const fs::path& directory, const std::vector<std::string>& names) {
    if (!fs::exists(directory)) {
        return;
    }
    for (const auto& interface : fs::directory_iterator(directory)) {
        for (const auto& name : names) {
            const fs::path path = interface.path() / name;
            values[path.lexically_relative("/proc/sys").string()] = trim(read_text(path));
        }
    }
}

json read_sysctls() {
    json values;
    values["net/ipv4/ip_forward"] = trim(read_text("/proc/sys/net/ipv4/ip_forward"));
    read_settings(values, "/proc/sys/net/ipv4/conf", {"route_localnet", "forwarding"});
    read_settings(values, "/proc/sys/net/ipv6/conf",
                  {"disable_ipv6", "accept_ra", "autoconf", "forwarding"});
    return values;
}

json read_state_files() {
    json files = json::object();
    std::error_code missing;
    for (const auto& entry : fs::recursive_directory_iterator("/run/ocinet", missing)) {
        if (entry.is_regular_file()) {
            const std::string text = read_text(entry.path());
            // Where the rotation over the records goes on (state/record.h) is nobody's remains.
            const bool fixed = entry.path() == "/run/ocinet/rotation" ||
                               (text.empty() && entry.path().filename() == "lock");
            if (!fixed) {
                files[entry.path().string()] = text;
            }
        } else if (!entry.is_directory() && !entry.is_socket()) { // that is a living agent's
            files[entry.path().string()] = "(not a regular file)";
        }
    }
    return files;
}

// All of it, where the caller is; /proc/sys/net shows the network namespace of its reader.
std::string answer_all() {
    std::string answers;
    for (const auto& program : programs()) {
        answers += run(program) + end + "\n";
    }
    answers += std::string(trim(list_ruleset())) + "\n";
    const json files = {{"sysctl", read_sysctls()}, {"run", read_state_files()}};
    return answers + files.dump(-1, ' ', true, json::error_handler_t::replace) + "\n";
}

std::string next_line(std::istream& output) {
    std::string line;
    if (!std::getline(output, line)) {
        throw Error("a snapshot is not whole");
    }
    return line;
}

// Each answer is a line of its own.
void read_answers(const Program& program, std::istream& output, json& answers) {
    std::vector<std::string> lines;
    for (std::string line; (line = next_line(output)) != end;) {
        if (!trim(line).empty()) {
            lines.push_back(line);
        }
    }
    if (lines.size() != program.queries.size()) {
        throw Error(std::string(program.arguments[0]) + " gave " + std::to_string(lines.size()) +
                    " answers");
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
        answers[program.queries[i].name] = json::parse(lines[i]);
    }
}

// The guard's elements have no comment.
bool is_guards(const json& set, const json& element) {
    const auto name = set["name"].get<std::string>();
    return !element.contains("elem") &&
           (name.starts_with("guarded") || name.starts_with("foreign") ||
            name.starts_with("bridged"));
}

bool is_our_elements(const json& object) {
    return object.contains("table") && object["table"] == "ocinet" && object.contains("elem") &&
           !std::all_of(object["elem"].begin(), object["elem"].end(),
                        [&](const json& element) { return is_guards(object, element); });
}

} // namespace

json take_snapshot(const Place& place) {
    std::istringstream output(place.visit(answer_all));
    json state;
    for (const auto& program : programs()) {
        read_answers(program, output, state);
    }
    state["nft"] = json::parse(next_line(output));
    state.update(json::parse(next_line(output)));
    return normalise(std::move(state));
}

std::string difference(const json& before, const json& after) {
    std::string lines;
    for (const auto& change : json::diff(before, after)) {
        lines += change.dump() + "\n";
    }
    return lines;
}

std::vector<std::string> leftovers(const Place& host) {
    const json state = host.snapshot();
    std::vector<std::string> found;
    for (const auto& [name, link] : state["links"].items()) {
        const std::string alias = link.at(0).value("ifalias", "");
        if (name.starts_with("oc") || alias.starts_with("ocinet:")) {
            found.push_back("link " + name);
        }
    }
    for (const auto& object : state["nft"]) {
        for (const char* kind : {"set", "map"}) {
            if (object.contains(kind) && is_our_elements(object[kind])) {
                found.push_back(std::string(kind) + " " + object[kind]["name"].get<std::string>() +
                                " " + object[kind]["elem"].dump());
            }
        }
    }
    for (const auto& [path, text] : state["run"].items()) {
        if (!path.starts_with("/run/ocinet/forwarding")) {
            found.push_back("file " + path + ": " + text.get<std::string>());
        }
    }
    return found;
}

} // namespace ocinet::test
