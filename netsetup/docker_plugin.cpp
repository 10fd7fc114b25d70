// SPDX-License-Identifier: GPL-2.0-or-later
#include "netsetup/docker_plugin.h"

#include <nlohmann/json.hpp>

#include "netsetup/base/json_text.h"
#include "netsetup/base/text.h"
#include "netsetup/json.h"
#include "netsetup/plugins.h"

namespace ocinet::docker_plugin {

OCINET_JSON(Plugin, name, program, options, url)
OCINET_JSON(Kept, plugin, method, body, out)

namespace {

using nlohmann::json;

constexpr const char* media_type = "application/vnd.docker.plugins.v1.2+json";
constexpr int is_ok = 200;

struct Reply {
    int status = 0;
    std::string body;
};

// The body, and on a line of its own the status.
Reply parse_reply(const std::string& out) {
    const auto end = out.rfind('\n');
    const auto status = end == std::string::npos
                            ? std::nullopt
                            : parse_number(std::string_view(out).substr(end + 1), 0, 999);
    if (!status) {
        throw Error("curl said \"" + printable(out) + "\"");
    }
    return {.status = int(*status), .body = out.substr(0, end)};
}

// Network drivers have Err, those of addresses Error by libnetwork, and Err by the library that
// plugins are built on.
std::string error_in(const json& answer) {
    for (const char* key : {"Err", "Error"}) {
        const auto found = answer.is_object() ? answer.find(key) : answer.end();
        if (found != answer.end() && found->is_string() && !found->get<std::string>().empty()) {
            return printable(found->get<std::string>());
        }
    }
    return "";
}

} // namespace

json call(Plugins& plugins, const Plugin& plugin, const std::string& method, const json& body,
          std::chrono::milliseconds patience, bool is_kept) {
    const std::string who = "plugin " + plugin.name + ", " + method + ": ";
    const auto ended = plugins.run(
        {.program = word_of(plugin), .arguments = {method}, .input = body.dump(), .kept = is_kept},
        patience);
    if (ended.status != 0) {
        throw Error(who + failure_text({.status = ended.status, .out = {}, .err = ended.err}));
    }
    const Reply reply = parse_reply(ended.out);
    json answer = parse_object(reply.body);
    const std::string error = error_in(answer);
    if (!error.empty()) {
        throw Refused(who + error, reply.status);
    }
    if (reply.status != is_ok) {
        throw Refused(who + "HTTP status " + std::to_string(reply.status) + ": " +
                          printable(trim(reply.body)),
                      reply.status);
    }
    if (answer.is_null()) {
        throw Error(who + "its answer is no JSON object: " + printable(trim(reply.body)));
    }
    return answer;
}

std::string word_of(const Plugin& plugin) {
    return json(plugin).dump();
}

std::optional<Plugin> parse_word(const std::string& word) {
    return word.starts_with('{') ? std::optional(json::parse(word).get<Plugin>()) : std::nullopt;
}

// Its own file of options, and proxies, are for its user.
std::vector<std::string> curl_arguments(const Plugin& plugin, const std::string& method) {
    if (method.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.") !=
        std::string::npos) {
        throw Error("\"" + printable(method) + "\" is no method of plugins");
    }
    std::vector<std::string> words{"--disable", "--silent", "--show-error", "--noproxy", "*"};
    words.insert(words.end(), plugin.options.begin(), plugin.options.end());
    const std::string type = media_type;
    words.insert(words.end(), {"--header", "Accept: " + type, "--header", "Content-Type: " + type,
                               "--data-binary", "@-", "--write-out", "\\n%{http_code}",
                               plugin.url + "/" + method});
    return words;
}

bool is_success(const std::string& out) {
    try {
        const auto [status, body] = parse_reply(out);
        const json answer = parse_object(body);
        return status == is_ok && !answer.is_null() && error_in(answer).empty();
    } catch (const Error&) {
        return false;
    }
}

json Kept::answer() const {
    return parse_object(parse_reply(out).body);
}

std::string printed_call(const Plugin& plugin, const std::string& method, const json& body,
                         const std::vector<std::string>& variables) {
    std::string words = plugin.program + " -fsS";
    for (const auto& option : plugin.options) {
        words += " " + shell_word(option);
    }
    std::string data = shell_word(body.dump());
    for (const auto& variable : variables) {
        const std::string quoted = "\"$" + variable + "\"";
        for (std::size_t at = 0; (at = data.find(quoted, at)) != std::string::npos;) {
            const std::string value = "\"'" + quoted + "'\"";
            data.replace(at, quoted.size(), value);
            at += value.size();
        }
    }
    return words + " -d " + data + " " + shell_word(plugin.url + "/" + method);
}

std::string printed_member(const std::string& key) {
    return "sed -n 's/.*\"" + key + "\": *\"\\([^\"]*\\)\".*/\\1/p'";
}

} // namespace ocinet::docker_plugin
