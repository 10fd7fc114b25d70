// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "netsetup/base/error.h"

namespace ocinet {

class Plugins;

/// Docker's plugins: programs that run on their own and answer requests, JSON over HTTP, on a
/// socket (docs.docker.com, "Docker Plugin API"; moby: pkg/plugins, libnetwork/docs/remote.md and
/// ipam.md).
namespace docker_plugin {

/// Where they are looked for, for messages (docker_discovery.h).
inline constexpr const char* places =
    "/run/docker/plugins, /etc/docker/plugins and /usr/lib/docker/plugins";

/// One of them, and how it is reached: by curl(1).
struct Plugin {
    std::string name;
    /// Where curl is, and which of its options lead to the plugin.
    std::string program;
    std::vector<std::string> options;
    /// Without a slash behind it.
    std::string url;

    bool operator==(const Plugin&) const = default;
};
void to_json(nlohmann::json& json, const Plugin& plugin);
void from_json(const nlohmann::json& json, Plugin& plugin);

/// It answered, and its answer is no: in its own words.
class Refused : public Error {
public:
    Refused(const std::string& words, int status) : Error(words), status_(status) {}
    /// Of HTTP: 404 where it does not know the method.
    int status() const { return status_; }

private:
    int status_;
};

/// `method`: `NetworkDriver.Join`. `is_kept`: the answer is kept for the way back (Kept). Throws
/// Refused, and Error where there is no answer in time, or none that can be read.
nlohmann::json call(Plugins& plugins, const Plugin& plugin, const std::string& method,
                    const nlohmann::json& body, std::chrono::milliseconds patience,
                    bool is_kept = false);

/// The plugin in one word, for ocinet-plugin (plugins.h), and what that makes of it: nothing where
/// the word is a program's path.
std::string word_of(const Plugin& plugin);
std::optional<Plugin> parse_word(const std::string& word);
/// How curl is called: the body is on its stdin. Throws Error for what is no method.
std::vector<std::string> curl_arguments(const Plugin& plugin, const std::string& method);
/// Whether what curl said is an answer that is no error.
bool is_success(const std::string& out);

/// An answer that ocinet-plugin has kept (state/results.h).
struct Kept {
    /// word_of() whom it is of.
    std::string plugin;
    std::string method;
    nlohmann::json body;
    /// As curl said it.
    std::string out;

    nlohmann::json answer() const;
};
void to_json(nlohmann::json& json, const Kept& kept);
void from_json(const nlohmann::json& json, Kept& kept);

/// The same as a command of sh. In `body` a text `$name` stands for the value of one of these
/// variables.
std::string printed_call(const Plugin& plugin, const std::string& method,
                         const nlohmann::json& body,
                         const std::vector<std::string>& variables = {});

/// A filter that prints the text that an answer has by this key, as a command of sh.
std::string printed_member(const std::string& key);

} // namespace docker_plugin

} // namespace ocinet
