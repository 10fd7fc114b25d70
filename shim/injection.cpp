// SPDX-License-Identifier: GPL-2.0-or-later
#include "shim/injection.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "netsetup/base/error.h"

namespace ocinet::shim {

namespace {

using Json = nlohmann::ordered_json;
using Kind = Json::value_t;

// As the files of hooks.d say it.
constexpr const char* path_of_hook =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr int most_seconds = 60;

// The member, made where it is absent or null.
Json& member(Json& object, const std::string& key, Kind kind, const std::string& where) {
    Json& found = object[key];
    if (found.is_null()) {
        found = Json(kind);
    }
    if (found.type() != kind) {
        throw Error(where + "." + key + " is no " + (kind == Kind::array ? "array" : "object"));
    }
    return found;
}

// Wherever it is installed: hooks.d of another prefix may name it, too.
bool is_ours(const Json& hook, const Json& ours) {
    if (!hook.is_object()) {
        return false;
    }
    const Json path = hook.value("path", Json());
    return path.is_string() && path.get<std::string>().ends_with("/ocinet-hook") &&
           hook.value("args", Json()) == ours["args"];
}

void add_hook(Json& hooks, const std::string& stage, const std::string& path,
              const std::string& where) {
    const Json ours = {{"path", path},
                       {"args", {"ocinet-hook", stage}},
                       {"env", {path_of_hook}},
                       {"timeout", most_seconds}};
    Json& list = member(hooks, stage, Kind::array, where);
    if (std::none_of(list.begin(), list.end(),
                     [&](const Json& hook) { return is_ours(hook, ours); })) {
        list.push_back(ours);
    }
}

bool is_of_network(const Json& entry) {
    return entry.is_object() && entry.value("type", Json()) == "network";
}

// They were for the namespace that is gone, and runtimes refuse to set the host's. Podman adds
// net.ipv4.ping_group_range to each container that has one.
void remove_network_sysctls(Json& linux_part) {
    const auto sysctls = linux_part.find("sysctl");
    if (sysctls == linux_part.end() || !sysctls->is_object()) {
        return;
    }
    Json kept = Json::object();
    for (const auto& [name, value] : sysctls->items()) {
        if (!name.starts_with("net.")) {
            kept[name] = value;
        }
    }
    *sysctls = std::move(kept);
}

void set_network(Json& config, Injection::Network network, const std::string& file) {
    if (network == Injection::Network::as_it_is) {
        return;
    }
    Json& list = member(member(config, "linux", Kind::object, file), "namespaces", Kind::array,
                        file + ": linux");
    if (network == Injection::Network::host) {
        list.erase(std::remove_if(list.begin(), list.end(), is_of_network), list.end());
        remove_network_sysctls(config["linux"]);
    } else if (std::none_of(list.begin(), list.end(), is_of_network)) {
        list.push_back({{"type", "network"}});
    }
}

} // namespace

std::string inject(const std::string& text, const std::string& file, const Injection& injection) {
    const Json before = Json::parse(text);
    Json config = before;
    Json& hooks = member(config, "hooks", Kind::object, file);
    add_hook(hooks, "createRuntime", injection.hook, file + ": hooks");
    add_hook(hooks, "poststop", injection.hook, file + ": hooks");
    if (!injection.annotations.empty()) {
        Json& annotations = member(config, "annotations", Kind::object, file);
        for (const auto& [key, value] : injection.annotations) {
            annotations[key] = value;
        }
    }
    set_network(config, injection.network, file);
    return config == before ? text : config.dump();
}

} // namespace ocinet::shim
