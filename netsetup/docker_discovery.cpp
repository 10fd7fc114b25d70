// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/docker_discovery.h"

#include <sys/stat.h>

#include <array>
#include <nlohmann/json.hpp>

#include "netsetup/base/file.h"
#include "netsetup/base/json_text.h"
#include "netsetup/base/program.h"
#include "netsetup/base/text.h"

namespace ocinet::docker_plugin {

namespace {

using nlohmann::json;

constexpr const char* sockets = "/run/docker/plugins/";
constexpr std::array files{"/etc/docker/plugins/", "/usr/lib/docker/plugins/"};
constexpr std::size_t largest_file = 1 << 16;

bool is_socket(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

// In a directory of its own, or not.
std::array<std::string, 2> paths_of(const std::string& directory, const std::string& name,
                                    const char* ending) {
    return {directory + name + ending, directory + name + "/" + name + ending};
}

void reach_socket(Plugin& plugin, const std::string& path) {
    plugin.options = {"--unix-socket", path};
    plugin.url = "http://plugin";
}

// unix:///run/x.sock, tcp://127.0.0.1:7000, http://…, https://….
void reach(Plugin& plugin, const std::string& address, const std::string& file) {
    const auto end = address.find("://");
    const std::string scheme = address.substr(0, end);
    const std::string rest = end == std::string::npos ? "" : address.substr(end + 3);
    if (scheme == "unix" && rest.starts_with('/')) {
        reach_socket(plugin, rest);
    } else if (!rest.empty() && rest.find('/') == std::string::npos &&
               (scheme == "tcp" || scheme == "http" || scheme == "https")) {
        plugin.url = (scheme == "https" ? "https://" : "http://") + rest;
    } else {
        throw Error(file + ": \"" + printable(address) + "\" is no plugin's address")
            .hint("unix://PATH, tcp://HOST:PORT or https://HOST:PORT");
    }
}

// Without one of whom it must be vouched for, Docker asks for no proof.
void add_proofs(Plugin& plugin, const json& tls) {
    const auto member = [&](const char* key) {
        const auto found = tls.find(key);
        return found != tls.end() && found->is_string() ? found->get<std::string>() : "";
    };
    const bool is_believed =
        member("CAFile").empty() || tls.value("InsecureSkipVerify", json(false)) == true;
    if (is_believed) {
        plugin.options.emplace_back("--insecure");
    }
    for (const auto& [key, option] :
         {std::pair("CAFile", "--cacert"), std::pair("CertFile", "--cert"),
          std::pair("KeyFile", "--key")}) {
        if (!member(key).empty()) {
            plugin.options.insert(plugin.options.end(), {option, member(key)});
        }
    }
}

void read_description(Plugin& plugin, const std::string& text, const std::string& file) {
    const json said = parse_object(text);
    const auto address = said.is_null() ? said.end() : said.find("Addr");
    if (said.is_null() || address == said.end() || !address->is_string()) {
        throw Error(file + ": no JSON object with a text \"Addr\"");
    }
    reach(plugin, *address, file);
    if (plugin.url.starts_with("https:")) {
        const auto tls = said.find("TLSConfig");
        add_proofs(plugin, tls != said.end() && tls->is_object() ? *tls : json::object());
    }
}

// False where there is none.
bool look(Plugin& plugin) {
    for (const auto& path : paths_of(sockets, plugin.name, ".sock")) {
        if (is_socket(path)) {
            reach_socket(plugin, path);
            return true;
        }
    }
    for (const std::string directory : files) {
        for (const auto& path : paths_of(directory, plugin.name, ".spec")) {
            if (const auto text = read_file(path, largest_file)) {
                reach(plugin, std::string(trim(*text)), path);
                return true;
            }
        }
        for (const auto& path : paths_of(directory, plugin.name, ".json")) {
            if (const auto text = read_file(path, largest_file)) {
                read_description(plugin, *text, path);
                return true;
            }
        }
    }
    return false;
}

} // namespace

std::optional<Plugin> find(const std::string& name) {
    Plugin plugin{.name = name};
    if (!look(plugin)) {
        return std::nullopt;
    }
    const auto curl = installed_program("curl");
    if (!curl) {
        throw Error("there is no curl, by which Docker's plugins are reached")
            .hint("it is in the package curl");
    }
    plugin.program = *curl;
    return plugin;
}

} // namespace ocinet::docker_plugin
