// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/snapshot.h"

#include <nftables/libnftables.h>

#include <filesystem>
#include <memory>
#include <utility>

#include "netsetup/base/error.h"
#include "netsetup/base/file.h"
#include "netsetup/base/text.h"
#include "tests/support/iproute.h"
#include "tests/support/normalise.h"
#include "tests/support/place.h"
#include "tests/support/temp_dir.h"

namespace ocinet::test {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

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

// Where the caller is; /proc/sys/net shows the network namespace of its reader.
std::string ruleset_and_files() {
    const json files = {{"sysctl", read_sysctls()}, {"run", read_state_files()}};
    return std::string(trim(list_ruleset())) + "\n" +
           files.dump(-1, ' ', true, json::error_handler_t::replace);
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
    Iproute iproute(place);
    return take_snapshot(place, iproute);
}

json take_snapshot(const Place& place, Iproute& iproute) {
    json state = iproute.everything();
    const std::string visited = place.visit(ruleset_and_files);
    const auto end = visited.find('\n');
    state["nft"] = json::parse(visited.substr(0, end));
    state.update(json::parse(visited.substr(end + 1)));
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
