// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet-plugin, which the hook and `ocinet` start: it runs the plugins that others wrote, for one
// container, when it is told, a line of JSON for each, and answers with one.
#include <linux/capability.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "netsetup/attendant.h"
#include "netsetup/base/error.h"
#include "netsetup/base/names.h"
#include "netsetup/base/plugin_path.h"
#include "netsetup/base/text.h"
#include "netsetup/confine.h"
#include "netsetup/docker_plugin.h"
#include "netsetup/state/locks.h"
#include "netsetup/state/results.h"
#include "plugin/plugin.h"

namespace {

using nlohmann::json;
using Programs = std::vector<std::string>;

constexpr std::array<std::string_view, 5> variables{"CNI_COMMAND", "CNI_CONTAINERID", "CNI_IFNAME",
                                                    "CNI_NETNS", "CNI_PATH"};

constexpr const char* usage = "usage: ocinet-plugin CONTAINER PLUGIN...\n"
                              "The hook and ocinet(1) run it.\n";

void refuse_variables(const std::map<std::string, std::string>& environment) {
    for (const auto& [key, value] : environment) {
        if (std::find(variables.begin(), variables.end(), key) == variables.end() ||
            (key == "CNI_PATH" && value != ocinet::paths::cni_plugins)) {
            throw ocinet::Error("a plugin is not told " + ocinet::printable(key) + " " +
                                ocinet::printable(value));
        }
    }
}

// Who gives the orders has parsed what plugins and networks say since it named them.
ocinet::plugin::Order parse_order(const json& order, const Programs& programs) {
    ocinet::plugin::Order parsed{
        .program = order.at("program"),
        .arguments = order.at("arguments"),
        .environment = order.at("environment"),
        .input = order.at("input"),
        .deadline = ocinet::Deadline::in(std::chrono::milliseconds(order.at("milliseconds")))};
    if (std::find(programs.begin(), programs.end(), parsed.program) == programs.end()) {
        throw ocinet::Error(ocinet::printable(parsed.program) + " is none of the plugins");
    }
    refuse_variables(parsed.environment);
    if (const auto server = ocinet::docker_plugin::parse_word(parsed.program)) {
        parsed.arguments = ocinet::docker_plugin::curl_arguments(*server, parsed.arguments.at(0));
        parsed.program = server->program;
        parsed.remote = true;
    }
    return parsed;
}

bool is_caller_gone() {
    pollfd caller{.fd = STDIN_FILENO, .events = 0, .revents = 0};
    return ::poll(&caller, 1, 0) > 0;
}

// One of us at a time for each container: whose caller was killed may still be at work, and whoever
// undoes what it did waits for that. Nor does it begin, when that one has come first.
class Server {
public:
    Server(std::string id, Programs programs)
        : id_(std::move(id)), programs_(std::move(programs)) {}

    json obey(const json& said) {
        const auto order = parse_order(said, programs_);
        if (!lock_) {
            locks_.emplace(directory_, order.deadline);
            lock_.emplace(locks_->plugins(id_));
        }
        if (is_caller_gone()) {
            throw ocinet::Error("whoever asked for it is gone");
        }
        const auto ended = ocinet::plugin::run(order);
        if (order.remote && said.at("kept") && ended.status == 0 &&
            ocinet::docker_plugin::is_success(ended.out)) {
            keep({said.at("program"), said.at("arguments").at(0), json::parse(order.input),
                  ended.out});
        }
        return {{"status", ended.status}, {"out", ended.out}, {"err", ended.err}};
    }

private:
    void keep(const ocinet::docker_plugin::Kept& kept) const {
        ocinet::state::write_result(directory_, id_, ocinet::state::kept_answer,
                                    json(kept).dump(-1, ' ', true, json::error_handler_t::replace));
    }

    std::string id_;
    Programs programs_;
    ocinet::state::Directory directory_ = ocinet::state::Directory::open();
    std::optional<ocinet::state::Locks> locks_;
    std::optional<ocinet::state::Locks::Held> lock_;
};

void serve(Server& server) {
    for (std::string line; std::getline(std::cin, line);) {
        const json order = json::parse(line, nullptr, false);
        json answer;
        try {
            answer = server.obey(order);
        } catch (const std::exception& error) {
            answer = {{"error", error.what()}};
        }
        if (order.is_object() && order.contains("number")) {
            answer["number"] = order["number"];
        }
        // What a plugin said may be no UTF-8.
        std::cout << answer.dump(-1, ' ', true, json::error_handler_t::replace) << std::endl;
    }
}

// Makes links and rules and listens to raw sockets, enters network namespaces (setns(2)), and finds
// them in /proc, whoever the container's process is; and tuning keeps what it saves in a directory
// that it makes with mode 0600. No more is kept for it to give away.
const std::vector<int> capabilities{CAP_DAC_OVERRIDE, CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN,
                                    CAP_SYS_PTRACE};

} // namespace

int main(int argc, char** argv) {
    if (argc < 3 || !ocinet::is_container_id(argv[1])) {
        std::fputs(usage, stderr);
        return 2;
    }
    ::umask(022);
    for (const int signal : ocinet::plugin::ignored_signals) {
        std::signal(signal, SIG_IGN);
    }
    std::signal(SIGCHLD, SIG_DFL); // who ignores it, as our caller may, gets no status
    // The container's network namespace, if we have it, is for /proc alone; and what our caller's
    // caller left open is not for those that we run.
    ::close_range(ocinet::Attendant::given_descriptor, UINT_MAX, CLOSE_RANGE_CLOEXEC);
    // What a plugin started is ours to end when that has ended.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    try {
        ocinet::confine_program(capabilities, nullptr);
        Server server(argv[1], {argv + 2, argv + argc});
        serve(server);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", ocinet::printable(error.what()).c_str());
    }
    return 1;
}
