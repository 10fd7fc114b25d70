// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/snapshot.h"

#include <filesystem>
#include <sstream>
#include <utility>

#include "netsetup/base/error.h"
#include "netsetup/base/text.h"
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

// One process: half of what a snapshot costs is that they start.
struct Program {
    const char* command;
    std::vector<Query> queries;
};

const std::vector<Program>& programs() {
    static const std::vector<Program> all = {
        {"ip -j -d -batch -",
         {{"links", "address show"},
          {"routes", "route show table all"},
          {"rules", "rule show"},
          {"neighbours", "neighbour show nud permanent"},
          {"proxies", "neighbour show proxy"}}},
        {"ip -6 -j -d -batch -", {{"rules6", "rule show"}}},
        {"bridge -j -d -batch -", {{"bridge", "link show"}, {"fdb", "fdb show"}}},
        {"nft -j list ruleset", {{"nft", ""}}},
    };
    return all;
}

constexpr const char* end = "END";

std::string script() {
    std::string text = "set -e\n";
    for (const auto& program : programs()) {
        text += std::string(program.command) + " <<END\n";
        for (const auto& query : program.queries) {
            text += std::string(query.command) + "\n";
        }
        text += "END\necho END\n";
    }
    return text;
}

// Each answer is a line of its own.
void read_answers(const Program& program, std::istream& output, json& answers) {
    std::vector<std::string> lines;
    for (std::string line; std::getline(output, line) && line != end;) {
        if (!trim(line).empty()) {
            lines.push_back(line);
        }
    }
    if (lines.size() != program.queries.size()) {
        throw Error(std::string(program.command) + " gave " + std::to_string(lines.size()) +
                    " answers");
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
        answers[program.queries[i].name] = json::parse(lines[i]);
    }
}

json query_all(const Place& place) {
    std::istringstream output(place.sh(script()));
    json answers;
    for (const auto& program : programs()) {
        read_answers(program, output, answers);
    }
    return answers;
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

// /proc/sys/net shows the network namespace of its reader.
json read_files(const Place& place) {
    return json::parse(place.ask([] {
        return json{{"sysctl", read_sysctls()}, {"run", read_state_files()}}.dump(
            -1, ' ', true, json::error_handler_t::replace);
    }));
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
    json state = query_all(place);
    state.update(read_files(place));
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
